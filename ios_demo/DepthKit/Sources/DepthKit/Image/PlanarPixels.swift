/// One plane of a camera frame: sample (row, column) is the byte at row·rowStride + column·pixelStride.
public struct Plane {
    public let bytes: UnsafeRawBufferPointer
    public let rowStride: Int
    public let pixelStride: Int

    public init(_ bytes: UnsafeRawBufferPointer, rowStride: Int, pixelStride: Int) {
        (self.bytes, self.rowStride, self.pixelStride) = (bytes, rowStride, pixelStride)
    }

    func holds(height: Int, width: Int) -> Bool {
        min(height, width, pixelStride) >= 1 && rowStride >= (width - 1) * pixelStride + 1
            && bytes.count > (height - 1) * rowStride + (width - 1) * pixelStride
    }
}

/// A camera frame, YUV 4:2:0 full range: U and V have half the sides, each sample is repeated over 2×2 pixels.
public struct PlanarPixels: StoredPixels {
    public let stored: Size
    private let y: Plane
    private let u: Plane
    private let v: Plane
    private let matrix: ColourMatrix

    /// Throws DepthError for odd sides, or where a plane is too small for the frame.
    public init(y: Plane, u: Plane, v: Plane, size: Size, matrix: ColourMatrix = .bt601) throws {
        let (height, width) = (size.height / 2, size.width / 2)
        let isEven = size.height % 2 == 0 && size.width % 2 == 0
        let isLarge =
            y.holds(height: size.height, width: size.width)
            && u.holds(height: height, width: width) && v.holds(height: height, width: width)
        guard isEven, isLarge else {
            throw DepthError("the planes do not hold a YUV 4:2:0 frame of \(size) with even sides")
        }
        (stored, self.y, self.u, self.v, self.matrix) = (size, y, u, v, matrix)
    }

    public func read(row: Int, _ pixels: PixelWalk, into values: UnsafeMutableBufferPointer<Float>) {
        let walk = pixels.walk
        for column in 0..<pixels.upright.width {
            let (r, c) = (walk.row.at(row, column), walk.column.at(row, column))
            let luma = y.bytes[r * y.rowStride + c * y.pixelStride]
            let blue = u.bytes[(r / 2) * u.rowStride + (c / 2) * u.pixelStride]
            let red = v.bytes[(r / 2) * v.rowStride + (c / 2) * v.pixelStride]
            matrix.decode(luma, blue, red, into: values, at: column * 3)
        }
    }
}

/// YUV → RGB, full range, in Double; each value then ⌊· + ½⌋, held within 0…255.
public struct ColourMatrix: Sendable, Equatable {
    let redPerV: Double
    let greenPerU: Double
    let greenPerV: Double
    let bluePerU: Double

    public static let bt601 = ColourMatrix(
        redPerV: 1.402, greenPerU: 0.344136, greenPerV: 0.714136, bluePerU: 1.772)
    /// What phones attach to frames of 720 rows and more.
    public static let bt709 = ColourMatrix(
        redPerV: 1.5748, greenPerU: 0.187324, greenPerV: 0.468124, bluePerU: 1.8556)

    func decode(
        _ luma: UInt8, _ u: UInt8, _ v: UInt8, into values: UnsafeMutableBufferPointer<Float>, at i: Int
    ) {
        let (y, blue, red) = (Double(luma), Double(u) - 128, Double(v) - 128)
        values[i] = level(y + redPerV * red)
        values[i + 1] = level(y - greenPerU * blue - greenPerV * red)
        values[i + 2] = level(y + bluePerU * blue)
    }

    private func level(_ value: Double) -> Float {
        Float(min(max((value + 0.5).rounded(.down), 0), 255))
    }
}
