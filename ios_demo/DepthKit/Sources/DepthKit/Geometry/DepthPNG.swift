import Foundation

extension LogDisparity {
    /// Disparity scaled so that its largest value is 65535: ⌊65535·exp(value − max) + ½⌋, at least 1;
    /// 0 = none, where the value is not finite.
    public func disparity16() -> [UInt16] {
        let largest = Double(values.lazy.filter(\.isFinite).max() ?? 0)
        return values.map { value in
            guard value.isFinite else { return 0 }
            return UInt16(max((65535 * exp(Double(value) - largest) + 0.5).rounded(.down), 1))
        }
    }

    /// `disparity16` as a PNG of one channel.
    public func depthPNG() throws -> Data {
        try PNG.gray16(disparity16(), size: size)
    }
}
