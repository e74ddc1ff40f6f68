/// A picture as it lies in memory: read in place, whatever its layout, turned as it must be.
public protocol StoredPixels {
    /// The size as stored, before the turn.
    var stored: Size { get }
    /// Red, green, blue, 0…255, of one row of the upright picture.
    func read(row: Int, _ walk: PixelWalk, into values: UnsafeMutableBufferPointer<Float>)
}

/// How the upright picture is read from stored pixels.
public struct PixelWalk {
    let walk: Walk
    public let upright: Size

    public init(_ turn: Turn, stored: Size) {
        walk = Walk(turn, stored: stored)
        upright = turn.upright(stored)
    }
}

/// The order of bytes of one pixel.
public enum PixelOrder: Sendable {
    case rgb, rgba, bgra

    public var bytes: Int { self == .rgb ? 3 : 4 }
    var red: Int { self == .bgra ? 2 : 0 }
    var blue: Int { self == .bgra ? 0 : 2 }
}

/// Pixels of three or four bytes each, such as photos; rows may be longer than the picture.
public struct PackedPixels: StoredPixels {
    public let stored: Size
    private let bytes: UnsafeRawBufferPointer
    private let bytesPerRow: Int
    private let order: PixelOrder

    /// Throws DepthError where the memory is too small for the picture.
    public init(_ bytes: UnsafeRawBufferPointer, size: Size, bytesPerRow: Int, order: PixelOrder) throws {
        let row = size.width * order.bytes
        let isLarge = size.area > 0 && bytesPerRow >= row
        guard isLarge, bytes.count >= (size.height - 1) * bytesPerRow + row else {
            throw DepthError("\(bytes.count) bytes, \(bytesPerRow) a row, do not hold a picture of \(size)")
        }
        (stored, self.bytes, self.bytesPerRow, self.order) = (size, bytes, bytesPerRow, order)
    }

    public func read(row: Int, _ pixels: PixelWalk, into values: UnsafeMutableBufferPointer<Float>) {
        let walk = pixels.walk
        let step = walk.row.perColumn * bytesPerRow + walk.column.perColumn * order.bytes
        var at = walk.row.at(row, 0) * bytesPerRow + walk.column.at(row, 0) * order.bytes
        let (red, blue) = (order.red, order.blue)
        for i in stride(from: 0, to: pixels.upright.width * 3, by: 3) {
            values[i] = Float(bytes[at + red])
            values[i + 1] = Float(bytes[at + 1])
            values[i + 2] = Float(bytes[at + blue])
            at += step
        }
    }
}
