#if canImport(ImageIO)
import CoreGraphics
import Foundation
import ImageIO

/// A photo of the library, upright, and what it says of its lens.
public struct Photo: Sendable {
    public let picture: Picture
    /// The focal length in 35 mm film; nil where EXIF does not say.
    public let film35mm: Double?

    /// Larger photos are read at this length of the longer side: four bytes a pixel must fit into memory.
    public static let longestSide = 4096

    /// Throws DepthError for data that is no picture.
    public init(_ data: Data) throws {
        guard let source = CGImageSourceCreateWithData(data as CFData, nil) else { throw Self.unreadable }
        let said = CGImageSourceCopyPropertiesAtIndex(source, 0, nil) as? [String: Any] ?? [:]
        let exif = said[kCGImagePropertyExifDictionary as String] as? [String: Any]
        let millimetres = exif?[kCGImagePropertyExifFocalLenIn35mmFilm as String] as? Double
        let orientation = said[kCGImagePropertyOrientation as String] as? Int
        film35mm = millimetres.flatMap { $0 > 0 ? $0 : nil }
        picture = try Self.picture(Self.stored(source), Turn(exif: orientation ?? 1) ?? .asStored)
    }

    private static let unreadable = DepthError("this photo cannot be read")

    private static func stored(_ source: CGImageSource) throws -> CGImage {
        let options: [String: Any] = [
            kCGImageSourceCreateThumbnailFromImageAlways as String: true,
            kCGImageSourceCreateThumbnailWithTransform as String: false,
            kCGImageSourceThumbnailMaxPixelSize as String: longestSide,
        ]
        guard let image = CGImageSourceCreateThumbnailAtIndex(source, 0, options as CFDictionary) else {
            throw unreadable
        }
        return image
    }

    /// Drawn on black, as sRGB; then turned upright.
    private static func picture(_ image: CGImage, _ turn: Turn) throws -> Picture {
        let size = Size(height: image.height, width: image.width)
        var pixels = [UInt8](repeating: 0, count: size.area * 4)
        return try pixels.withUnsafeMutableBytes { bytes in
            guard let space = CGColorSpace(name: CGColorSpace.sRGB),
                let context = CGContext(
                    data: bytes.baseAddress, width: size.width, height: size.height, bitsPerComponent: 8,
                    bytesPerRow: size.width * 4, space: space,
                    bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue)
            else { throw unreadable }
            context.draw(image, in: CGRect(x: 0, y: 0, width: size.width, height: size.height))
            let drawn = UnsafeRawBufferPointer(bytes)
            return try Picture(
                PackedPixels(drawn, size: size, bytesPerRow: size.width * 4, order: .rgba), turned: turn)
        }
    }
}
#endif
