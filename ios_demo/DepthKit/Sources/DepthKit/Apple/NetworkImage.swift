#if canImport(CoreVideo)
import CoreVideo

/// The network's picture in memory that Core ML reads as it is, and which photo it shows.
///
/// Sendable although CVPixelBuffer is not: it is written once, before this exists, and only read afterwards.
public struct NetworkImage: @unchecked Sendable {
    let buffer: CVPixelBuffer
    public let box: Box
    /// The size of the upright photo or frame.
    public let photo: Size

    /// The same as an array, for the colours of points.
    public func picture() throws -> Picture {
        try PixelBuffers.read(buffer) { try Picture($0) }
    }
}

/// Makes network images, out of memory that is used again and again.
final class NetworkImagePool {
    private let input: NetworkInput
    private let pool: CVPixelBufferPool

    init(_ input: NetworkInput) throws {
        let attributes: [String: Any] = [
            kCVPixelBufferPixelFormatTypeKey as String: Int(kCVPixelFormatType_32BGRA),
            kCVPixelBufferHeightKey as String: input.size.height,
            kCVPixelBufferWidthKey as String: input.size.width,
            kCVPixelBufferIOSurfacePropertiesKey as String: [String: Any](),
        ]
        var created: CVPixelBufferPool?
        let status = CVPixelBufferPoolCreate(nil, nil, attributes as CFDictionary, &created)
        guard status == kCVReturnSuccess, let created else {
            throw DepthError("no memory for pictures of \(input.size) (Core Video's status \(status))")
        }
        (self.input, pool) = (input, created)
    }

    func image(_ source: some StoredPixels, turned turn: Turn) throws -> NetworkImage {
        var created: CVPixelBuffer?
        let status = CVPixelBufferPoolCreatePixelBuffer(nil, pool, &created)
        guard status == kCVReturnSuccess, let buffer = created else {
            throw DepthError("no memory for a picture of \(input.size) (Core Video's status \(status))")
        }
        let box = try PixelBuffers.write(buffer) { try input.write(source, turned: turn, into: $0) }
        return NetworkImage(buffer: buffer, box: box, photo: turn.upright(source.stored))
    }
}
#endif
