#if canImport(CoreML)
import CoreML
import CoreVideo
import Foundation

/// A frame of the camera. Sendable although CVPixelBuffer is not: the camera does not write it again before it
/// is let go, and it is only read here.
public struct CameraFrame: @unchecked Sendable {
    let buffer: CVPixelBuffer
    public let turn: Turn
    /// Of the frame's pixels; nil where the camera does not say.
    public let focalPixels: Double?
    public let seconds: Double

    public init(_ buffer: CVPixelBuffer, turn: Turn, focalPixels: Double?, seconds: Double) {
        (self.buffer, self.turn) = (buffer, turn)
        (self.focalPixels, self.seconds) = (focalPixels, seconds)
    }
}

/// What a network made of a picture.
public struct DepthResult: Sendable {
    public let map: LogDisparity
    public let image: NetworkImage
    public let focal: Focal
    public let fit: Fit
    public let prepareMs: Double
    public let inferMs: Double

    /// The part of the map that is not padding.
    public func visible() throws -> LogDisparity {
        try LogDisparity(size: image.box.size, values: image.box.cut(map.values, of: map.size))
    }

    public func cloud() throws -> PointCloud {
        try PointCloud(map, picture: image.picture(), box: image.box, photo: image.photo, focal: focal)
    }

    /// The map at the photo's size.
    public func resized() throws -> LogDisparity {
        try map.resized(to: image.photo, fit: fit)
    }
}

/// Picture → network → map, one at a time.
public actor DepthPipeline {
    public nonisolated let model: DepthModel
    private let images: NetworkImagePool
    private let clock = ContinuousClock()

    public init(_ model: DepthModel) throws {
        self.model = model
        images = try NetworkImagePool(model.network)
    }

    public func run(_ frame: CameraFrame) async throws -> DepthResult {
        let start = clock.now
        let image = try PixelBuffers.read(frame.buffer) { try networkImage($0, frame.turn) }
        let focal = try frame.focalPixels.map { try Focal(cameraPixels: $0) }
        return try await predicted(image, focal, since: start)
    }

    /// film35mm: what EXIF says of the focal length; nil where it does not.
    public func run(_ photo: Picture, film35mm: Double? = nil) async throws -> DepthResult {
        let start = clock.now
        let image = try photo.rgb.withUnsafeBytes { bytes in
            let row = photo.size.width * 3
            return try networkImage(
                PackedPixels(bytes, size: photo.size, bytesPerRow: row, order: .rgb), .asStored)
        }
        let focal = try film35mm.map { try Focal(film35mm: $0, photo: photo.size) }
        return try await predicted(image, focal, since: start)
    }

    private func networkImage(_ source: any StoredPixels, _ turn: Turn) throws -> NetworkImage {
        try images.image(source, turned: turn)
    }

    private func predicted(
        _ image: NetworkImage, _ focal: Focal?, since start: ContinuousClock.Instant
    ) async throws -> DepthResult {
        let prepared = clock.now
        let map = try await model.predict(image)
        return try DepthResult(
            map: map, image: image, focal: focal ?? Focal(width: image.photo.width),
            fit: model.description.fit, prepareMs: start.duration(to: prepared).milliseconds,
            inferMs: prepared.duration(to: clock.now).milliseconds)
    }
}

extension Duration {
    public var milliseconds: Double {
        Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15
    }
}
#endif
