import Foundation
import Testing

@testable import DepthKit

struct CameraFrames: Decodable {
    struct Frame: Decodable {
        struct Plane: Decodable {
            let plane: String
            let offset, rowStride, pixelStride: Int
        }

        let file: String
        let rotationDegrees, height, width: Int
        let mirrored: Bool
        let planes: [Plane]

        var turn: Turn? { Turn(degrees: Double(rotationDegrees), mirrored: mirrored) }
    }

    let frames: [Frame]
}

@Suite(.enabled(if: Reference.isThere, Comment(rawValue: Reference.missing)))
struct CameraFrameTests {
    let reference: Reference
    let frames: [CameraFrames.Frame]
    let upright: Picture

    init() throws {
        reference = try Reference()
        let golden = reference.golden
        frames = try Reference.decoded(CameraFrames.self, golden.appendingPathComponent("frames.json")).frames
        let size = try Reference.decoded([Int].self, golden.appendingPathComponent("frame.json"))
        let rgb = try Data(contentsOf: golden.appendingPathComponent("frame.rgb"))
        upright = try Picture(size: Size(size), rgb: [UInt8](rgb))
    }

    /// Hands the planes of a frame file over, as a camera's buffer does.
    func withPixels<T>(_ frame: CameraFrames.Frame, _ body: (PlanarPixels) throws -> T) throws -> T {
        let bytes = [UInt8](try Data(contentsOf: reference.golden.appendingPathComponent(frame.file)))
        return try bytes.withUnsafeBytes { raw in
            let planes = try ["y", "u", "v"].map { name in
                let plane = try #require(frame.planes.first { $0.plane == name })
                return Plane(
                    UnsafeRawBufferPointer(rebasing: raw[plane.offset...]),
                    rowStride: plane.rowStride, pixelStride: plane.pixelStride)
            }
            let size = Size(height: frame.height, width: frame.width)
            return try body(PlanarPixels(y: planes[0], u: planes[1], v: planes[2], size: size))
        }
    }

    @Test func everyRotationAndMirroringAndLayoutShowsTheUprightPicture() throws {
        #expect(frames.count == 16)
        for frame in frames {
            let turn = try #require(frame.turn)
            let seen = try withPixels(frame) { try Picture($0, turned: turn) }
            #expect(seen.size == upright.size, "\(frame.file)")
            #expect(largestDifference(seen.rgb, upright.rgb) <= 1, "\(frame.file)")
        }
    }

    @Test func aWrongTurnDoesNot() throws {
        for frame in frames {
            let turn = try #require(frame.turn)
            let wrong = Turn(turn.clockwise, mirrored: !turn.mirrored)
            let seen = try withPixels(frame) { try Picture($0, turned: wrong) }
            let off = zip(seen.rgb, upright.rgb).map { abs(Int($0) - Int($1)) }.reduce(0, +)
            #expect(off > 5 * upright.rgb.count, "\(frame.file)")
        }
    }

    @Test func aFrameGoesIntoTheNetworkAsItsUprightPictureDoes() throws {
        let fit = Fit(mode: .letterbox, pad: RGB(124, 116, 104))
        let size = Size(height: 64, width: 96)
        let expected = try upright.fitted(fit, to: size)
        for frame in frames {
            let turn = try #require(frame.turn)
            let seen = try withPixels(frame) { try Picture($0, turned: turn, fit: fit, size: size) }
            #expect(largestDifference(seen.rgb, expected.rgb) <= 1, "\(frame.file)")
        }
    }
}
