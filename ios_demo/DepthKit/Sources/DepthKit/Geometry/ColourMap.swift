/// The range of log-disparity that a colour map spans.
public struct ColourRange: Sendable, Equatable {
    public let low: Double
    public let high: Double

    static let lowQuantile = 0.01
    static let highQuantile = 0.99

    public init(low: Double, high: Double) {
        (self.low, self.high) = (low, high)
    }

    /// The 1 %…99 % quantiles of a map; nil where nothing is finite.
    public init?(_ map: LogDisparity) {
        var known = map.values.filter(\.isFinite)
        if known.isEmpty { return nil }
        low = OrderStatistics.quantile(Self.lowQuantile, of: &known)
        high = OrderStatistics.quantile(Self.highQuantile, of: &known)
    }

    /// Part of the way to `next`: what keeps the colours of a movie from flickering.
    public func moved(towards next: ColourRange, by share: Double) -> ColourRange {
        ColourRange(low: low + (next.low - low) * share, high: high + (next.high - high) * share)
    }
}

extension LogDisparity {
    /// Inferno over the 1 %…99 % quantiles (or `range`), near bright; entry 0 where nothing is known.
    public func coloured(_ range: ColourRange? = nil) throws -> Picture {
        let range = range ?? ColourRange(self) ?? ColourRange(low: 0, high: 0)
        let span = max(range.high - range.low, 1e-12)
        var rgb = [UInt8](repeating: 0, count: values.count * 3)
        for (i, value) in values.enumerated() {
            let share = value.isFinite ? (Double(value) - range.low) / span : 0
            let entry = Int((255 * min(max(share, 0), 1) + 0.5).rounded(.down)) * 3
            for channel in 0..<3 { rgb[3 * i + channel] = Inferno.table[entry + channel] }
        }
        return try Picture(size: size, rgb: rgb)
    }
}
