#if canImport(CoreGraphics)
import CoreGraphics
import Foundation

extension Picture {
    /// For the screen; nil where the system has no memory for it.
    public var image: CGImage? {
        guard let space = CGColorSpace(name: CGColorSpace.sRGB),
            let provider = CGDataProvider(data: Data(rgb) as CFData)
        else { return nil }
        return CGImage(
            width: size.width, height: size.height, bitsPerComponent: 8, bitsPerPixel: 24,
            bytesPerRow: size.width * 3, space: space,
            bitmapInfo: CGBitmapInfo(rawValue: CGImageAlphaInfo.none.rawValue), provider: provider,
            decode: nil, shouldInterpolate: true, intent: .defaultIntent)
    }
}
#endif
