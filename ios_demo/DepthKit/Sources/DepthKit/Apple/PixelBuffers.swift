#if canImport(CoreVideo)
import CoreVideo

/// Pixels of Core Video's buffers, read and written where they lie.
enum PixelBuffers {
    /// Hands over what the buffer shows. Throws DepthError for a layout that is not known.
    static func read<T>(_ buffer: CVPixelBuffer, _ body: (any StoredPixels) throws -> T) throws -> T {
        guard CVPixelBufferLockBaseAddress(buffer, .readOnly) == kCVReturnSuccess else {
            throw DepthError("the camera's buffer cannot be read")
        }
        defer { CVPixelBufferUnlockBaseAddress(buffer, .readOnly) }
        switch CVPixelBufferGetPixelFormatType(buffer) {
        case kCVPixelFormatType_32BGRA: return try body(packed(buffer))
        case kCVPixelFormatType_420YpCbCr8BiPlanarFullRange: return try body(planar(buffer))
        default:
            throw DepthError("the camera gives pixels of a format other than BGRA and YUV 4:2:0 full range")
        }
    }

    /// Lets `body` write BGRA pixels into the buffer.
    static func write<T>(_ buffer: CVPixelBuffer, _ body: (PixelTarget) throws -> T) throws -> T {
        guard CVPixelBufferLockBaseAddress(buffer, []) == kCVReturnSuccess else {
            throw DepthError("the network's picture cannot be written")
        }
        defer { CVPixelBufferUnlockBaseAddress(buffer, []) }
        guard let base = CVPixelBufferGetBaseAddress(buffer) else {
            throw DepthError("a buffer without memory")
        }
        let bytesPerRow = CVPixelBufferGetBytesPerRow(buffer)
        let size = size(of: buffer)
        let bytes = UnsafeMutableRawBufferPointer(start: base, count: bytesPerRow * size.height)
        return try body(PixelTarget(bytes, size: size, bytesPerRow: bytesPerRow, order: .bgra))
    }

    static func size(of buffer: CVPixelBuffer) -> Size {
        Size(height: CVPixelBufferGetHeight(buffer), width: CVPixelBufferGetWidth(buffer))
    }

    private static func packed(_ buffer: CVPixelBuffer) throws -> PackedPixels {
        guard let base = CVPixelBufferGetBaseAddress(buffer) else {
            throw DepthError("a frame without memory")
        }
        let bytesPerRow = CVPixelBufferGetBytesPerRow(buffer)
        let size = size(of: buffer)
        let bytes = UnsafeRawBufferPointer(start: base, count: bytesPerRow * size.height)
        return try PackedPixels(bytes, size: size, bytesPerRow: bytesPerRow, order: .bgra)
    }

    /// Two planes: Y, and U and V by turns.
    private static func planar(_ buffer: CVPixelBuffer) throws -> PlanarPixels {
        guard CVPixelBufferGetPlaneCount(buffer) == 2, let luma = plane(buffer, 0),
            let chroma = plane(buffer, 1)
        else { throw DepthError("a YUV frame without two planes") }
        let (row, v) = (chroma.bytesPerRow, UnsafeRawBufferPointer(rebasing: chroma.bytes.dropFirst()))
        return try PlanarPixels(
            y: Plane(luma.bytes, rowStride: luma.bytesPerRow, pixelStride: 1),
            u: Plane(chroma.bytes, rowStride: row, pixelStride: 2),
            v: Plane(v, rowStride: row, pixelStride: 2),
            size: size(of: buffer), matrix: matrix(of: buffer))
    }

    private static func plane(
        _ buffer: CVPixelBuffer, _ index: Int
    ) -> (bytes: UnsafeRawBufferPointer, bytesPerRow: Int)? {
        guard let base = CVPixelBufferGetBaseAddressOfPlane(buffer, index) else { return nil }
        let bytesPerRow = CVPixelBufferGetBytesPerRowOfPlane(buffer, index)
        let count = bytesPerRow * CVPixelBufferGetHeightOfPlane(buffer, index)
        return (UnsafeRawBufferPointer(start: base, count: count), bytesPerRow)
    }

    private static func matrix(of buffer: CVPixelBuffer) -> ColourMatrix {
        let name = CVBufferCopyAttachment(buffer, kCVImageBufferYCbCrMatrixKey, nil) as? String
        return name == kCVImageBufferYCbCrMatrix_ITU_R_709_2 as String ? .bt709 : .bt601
    }
}
#endif
