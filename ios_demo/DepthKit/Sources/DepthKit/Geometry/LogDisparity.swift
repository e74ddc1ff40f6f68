import Foundation

/// What a network predicts: log(1/depth) up to one additive constant a picture, row by row. Larger is nearer.
public struct LogDisparity: Sendable, Equatable {
    public let size: Size
    public let values: [Float]

    /// Throws DepthError where the values are not height·width.
    public init(size: Size, values: [Float]) throws {
        guard size.area > 0, values.count == size.area else {
            throw DepthError("\(values.count) values are no map of \(size)")
        }
        (self.size, self.values) = (size, values)
    }

    /// From depth, up to scale: log(1/depth). Throws DepthError for a depth that is not above 0.
    public init(size: Size, depth: [Float]) throws {
        guard depth.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw DepthError("a depth is above 0 and finite")
        }
        try self.init(size: size, values: depth.map { -log($0) })
    }

    /// From the bytes of a .f32 file: little-endian, row by row, no header.
    public init(size: Size, littleEndian data: Data) throws {
        guard data.count == size.area * 4 else {
            throw DepthError("\(data.count) bytes are no map of \(size): \(size.area * 4) would be")
        }
        let bytes = [UInt8](data)
        try self.init(
            size: size,
            values: stride(from: 0, to: bytes.count, by: 4).map { i in
                let low = UInt32(bytes[i]) | UInt32(bytes[i + 1]) << 8
                return Float(bitPattern: low | UInt32(bytes[i + 2]) << 16 | UInt32(bytes[i + 3]) << 24)
            })
    }

    /// Depth up to scale: exp(−value).
    public var depth: [Float] { values.map { exp(-$0) } }

    /// Disparity up to scale: exp(value).
    public var disparity: [Float] { values.map { exp($0) } }

    /// Throws DepthError for output that no working network gives: not finite, or the same everywhere.
    public func checked() throws -> LogDisparity {
        guard values.allSatisfy(\.isFinite) else {
            throw DepthError("the model's output is not finite: this file does not work on this device")
        }
        guard values.contains(where: { $0 != values[0] }) else {
            throw DepthError("the model's output is the same everywhere: this file does not work here")
        }
        return self
    }

    /// The map of a photo of size `photo`: padding cut off, resized as log-disparity.
    public func resized(to photo: Size, fit: Fit) throws -> LogDisparity {
        let box = try fit.placement(of: photo, in: size)
        let inner = box.cut(values, of: size)
        var out: [Float] = []
        out.reserveCapacity(photo.area)
        inner.withUnsafeBufferPointer { inner in
            let width = box.size.width
            Resizer(from: box.size, to: photo, channels: 1).run(
                read: { row, into in
                    for column in 0..<width { into[column] = inner[row * width + column] }
                },
                write: { _, values in out.append(contentsOf: values) })
        }
        return try LogDisparity(size: photo, values: out)
    }
}
