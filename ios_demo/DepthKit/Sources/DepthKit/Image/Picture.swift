/// An upright RGB picture, three bytes a pixel, row by row.
public struct Picture: Sendable, Equatable {
    public let size: Size
    public let rgb: [UInt8]

    /// Throws DepthError where the bytes are not height·width·3.
    public init(size: Size, rgb: [UInt8]) throws {
        guard size.area > 0, rgb.count == size.area * 3 else {
            throw DepthError("\(rgb.count) bytes are no RGB picture of \(size): \(size.area * 3) would be")
        }
        (self.size, self.rgb) = (size, rgb)
    }

    /// The upright picture that stored pixels show, at their own size.
    public init(_ source: some StoredPixels, turned turn: Turn = .asStored) throws {
        let fit = Fit(mode: .stretch, pad: RGB(0, 0, 0))
        try self.init(source, turned: turn, fit: fit, size: turn.upright(source.stored))
    }

    /// The network's picture of a photo.
    public init(_ source: some StoredPixels, turned turn: Turn = .asStored, fit: Fit, size: Size) throws {
        var rgb = [UInt8](repeating: 0, count: size.area * 3)
        try rgb.withUnsafeMutableBytes { bytes in
            let target = try PixelTarget(bytes, size: size, bytesPerRow: size.width * 3, order: .rgb)
            try NetworkInput(size: size, fit: fit).write(source, turned: turn, into: target)
        }
        try self.init(size: size, rgb: rgb)
    }

    /// The network's picture of this photo.
    public func fitted(_ fit: Fit, to size: Size) throws -> Picture {
        try rgb.withUnsafeBytes { bytes in
            try Picture(
                PackedPixels(bytes, size: self.size, bytesPerRow: self.size.width * 3, order: .rgb),
                fit: fit, size: size)
        }
    }
}
