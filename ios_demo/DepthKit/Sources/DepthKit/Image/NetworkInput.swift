/// Memory that a picture is written to: a pixel buffer that the network reads, or an array.
public struct PixelTarget {
    let bytes: UnsafeMutableRawBufferPointer
    let size: Size
    let bytesPerRow: Int
    let order: PixelOrder

    /// Throws DepthError where the memory is too small for the picture.
    public init(
        _ bytes: UnsafeMutableRawBufferPointer, size: Size, bytesPerRow: Int, order: PixelOrder
    ) throws {
        _ = try PackedPixels(
            UnsafeRawBufferPointer(bytes), size: size, bytesPerRow: bytesPerRow, order: order)
        (self.bytes, self.size, self.bytesPerRow, self.order) = (bytes, size, bytesPerRow, order)
    }

    /// Bytes ⌊v + ½⌋ of red, green, blue values, from the row's pixel `left` on; a fourth byte is opaque.
    func write(row: Int, left: Int, _ values: UnsafeBufferPointer<Float>) {
        var at = row * bytesPerRow + left * order.bytes
        for i in stride(from: 0, to: values.count, by: 3) {
            bytes[at + order.red] = level(values[i])
            bytes[at + 1] = level(values[i + 1])
            bytes[at + order.blue] = level(values[i + 2])
            if order.bytes == 4 { bytes[at + 3] = 255 }
            at += order.bytes
        }
    }

    private func level(_ value: Float) -> UInt8 {
        UInt8(min(max((value + 0.5).rounded(.down), 0), 255))
    }

    func fill(_ colour: RGB) {
        let pixel = [Float(colour.red), Float(colour.green), Float(colour.blue)]
        let row = Array(repeatElement(pixel, count: size.width).joined())
        row.withUnsafeBufferPointer { values in
            for r in 0..<size.height { write(row: r, left: 0, values) }
        }
    }
}

/// Photo or camera frame → the network's picture, in one pass, from memory to memory.
public struct NetworkInput: Sendable {
    public let size: Size
    public let fit: Fit

    public init(size: Size, fit: Fit) {
        (self.size, self.fit) = (size, fit)
    }

    /// Writes the picture; gives the place of the photo in it.
    @discardableResult
    public func write(_ source: some StoredPixels, turned turn: Turn, into target: PixelTarget) throws -> Box
    {
        guard target.size == size else {
            throw DepthError("the network takes a picture of \(size), not \(target.size)")
        }
        let pixels = PixelWalk(turn, stored: source.stored)
        let box = try fit.placement(of: pixels.upright, in: size)
        if box != Box(all: size) { target.fill(fit.pad) }
        Resizer(from: pixels.upright, to: box.size, channels: 3).run(
            read: { source.read(row: $0, pixels, into: $1) },
            write: { target.write(row: box.top + $0, left: box.left, $1) })
        return box
    }
}
