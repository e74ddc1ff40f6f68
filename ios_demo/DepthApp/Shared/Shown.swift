import CoreGraphics
import DepthKit
import Foundation

/// How a result is looked at.
enum ShownMode: String, CaseIterable, Sendable, Identifiable {
    case depth, cloud, picture

    var id: String { rawValue }

    var title: String {
        switch self {
        case .depth: "Depth"
        case .cloud: "Points"
        case .picture: "Picture"
        }
    }
}

/// A result, ready to be put on the screen.
struct Shown: Sendable {
    enum Content: Sendable {
        case image(CGImage, description: String)
        case cloud(PointCloud)
    }

    let content: Content
    let result: DepthResult
    let range: ColourRange
    let drawMs: Double

    /// Width / height of the photo.
    var aspect: Double { Double(result.image.photo.width) / Double(result.image.photo.height) }
    /// In widths of the photo.
    var focal: Double { result.focal.pixels / Double(result.image.photo.width) }

    /// Colours or points, away from the main thread. following: the colours of the frame before.
    nonisolated static func draw(
        _ result: DepthResult, _ mode: ShownMode, following before: ColourRange? = nil, by pace: Double = 1
    ) async throws -> Shown {
        let clock = ContinuousClock()
        let start = clock.now
        let map = try result.visible()
        let now = ColourRange(map) ?? ColourRange(low: 0, high: 1)
        let range = before.map { $0.moved(towards: now, by: pace) } ?? now
        let content: Content =
            switch mode {
            case .cloud: .cloud(try result.cloud())
            case .depth: try image(map.coloured(range), "Depth map: what is near is bright")
            case .picture: try image(result.image.picture(), "The picture that the network sees")
            }
        let drawMs = start.duration(to: clock.now).milliseconds
        return Shown(content: content, result: result, range: range, drawMs: drawMs)
    }

    private nonisolated static func image(_ picture: Picture, _ description: String) throws -> Content {
        guard let image = picture.image else {
            throw DepthError("no memory for a picture of \(picture.size)")
        }
        return .image(image, description: description)
    }
}
