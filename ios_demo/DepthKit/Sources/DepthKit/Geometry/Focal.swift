import Foundation

/// The focal length in pixels of a photo, and where it is known from.
public struct Focal: Sendable, Equatable {
    public enum Origin: Sendable, Equatable {
        case camera, photo
        case assumed(fovDegrees: Double)
    }

    public static let defaultFovDegrees = 60.0
    /// The diagonal of 24 mm × 36 mm film.
    private static let filmDiagonal = (24.0 * 24 + 36 * 36).squareRoot()

    public let pixels: Double
    public let origin: Origin

    /// From a horizontal field of view: (W/2) / tan(fov/2). Throws DepthError outside 1…180.
    public init(fovDegrees: Double = defaultFovDegrees, width: Int) throws {
        guard fovDegrees >= 1, fovDegrees < 180 else {
            throw DepthError("field of view \(fovDegrees)°: from 1 to below 180")
        }
        let pixels = Double(width) / 2 / tan(fovDegrees * .pi / 180 / 2)
        self.init(pixels: pixels, origin: .assumed(fovDegrees: fovDegrees))
    }

    /// From the camera's intrinsics, which are those of the frame's pixels. Throws DepthError unless above 0.
    public init(cameraPixels pixels: Double) throws {
        guard pixels > 0, pixels.isFinite else { throw DepthError("focal length \(pixels) px: above 0") }
        self.init(pixels: pixels, origin: .camera)
    }

    /// From the matrix that a camera attaches to its frames: three columns of three floats and a gap, the focal
    /// length across in the first of them. Throws DepthError for other bytes.
    public init(intrinsicMatrix bytes: Data) throws {
        guard bytes.count >= 36 else { throw DepthError("\(bytes.count) bytes are no 3×3 matrix") }
        let first = bytes.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        try self.init(cameraPixels: Double(Float(bitPattern: first)))
    }

    /// From what EXIF calls the focal length in 35 mm film, of a photo of size `photo`: by the diagonals.
    public init(film35mm millimetres: Double, photo: Size) throws {
        guard millimetres > 0, millimetres.isFinite else {
            throw DepthError("focal length \(millimetres) mm: above 0")
        }
        let diagonal = Double(photo.height * photo.height + photo.width * photo.width).squareRoot()
        self.init(pixels: millimetres / Self.filmDiagonal * diagonal, origin: .photo)
    }

    private init(pixels: Double, origin: Origin) {
        (self.pixels, self.origin) = (pixels, origin)
    }
}
