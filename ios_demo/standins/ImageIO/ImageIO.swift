// ImageIO, as far as DepthKit uses it.
@_exported import CoreGraphics

public final class CGImageSource {}

public let kCGImagePropertyOrientation: CFString = ""
public let kCGImagePropertyExifDictionary: CFString = ""
public let kCGImagePropertyExifFocalLenIn35mmFilm: CFString = ""
public let kCGImageSourceCreateThumbnailFromImageAlways: CFString = ""
public let kCGImageSourceCreateThumbnailWithTransform: CFString = ""
public let kCGImageSourceThumbnailMaxPixelSize: CFString = ""

public func CGImageSourceCreateWithData(_ data: CFData, _ options: CFDictionary?) -> CGImageSource? { nil }
public func CGImageSourceCopyPropertiesAtIndex(
    _ source: CGImageSource, _ index: Int, _ options: CFDictionary?
) -> NSDictionary? { nil }
public func CGImageSourceCreateThumbnailAtIndex(
    _ source: CGImageSource, _ index: Int, _ options: CFDictionary?
) -> CGImage? { nil }
