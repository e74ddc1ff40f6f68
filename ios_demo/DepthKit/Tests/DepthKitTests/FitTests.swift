import Foundation
import Testing

@testable import DepthKit

@Suite(.enabled(if: Reference.isThere, Comment(rawValue: Reference.missing)))
struct FitTests {
    @Test func photosBecomeTheNetworksPictureAsInPython() throws {
        let reference = try Reference()
        #expect(reference.cases.fits.count >= 16)
        for one in reference.cases.fits {
            let photo = try reference.picture(one.photo, one.photoSize)
            let box = try one.fit.placement(of: photo.size, in: Size(one.size))
            #expect([box.top, box.left, box.size.height, box.size.width] == one.box)
            let fitted = try photo.fitted(one.fit, to: Size(one.size))
            let expected = try reference.bytes(one.network)
            #expect(fitted.rgb == expected, "\(one.network)")
        }
    }

    @Test func mapsComeBackToThePhotoAsInPython() throws {
        let reference = try Reference()
        for one in reference.cases.fits {
            let map = try reference.map(one.map, one.size)
            let back = try map.resized(to: Size(one.photoSize), fit: one.fit)
            let expected = try reference.floats(one.photoMap)
            #expect(back.values == expected, "\(one.photoMap)")
        }
    }

    @Test func allEightOrientationsAreThoseOfPillow() throws {
        let reference = try Reference()
        #expect(reference.cases.orientations.map(\.exif) == Array(1...8))
        for one in reference.cases.orientations {
            let stored = try reference.bytes(one.stored)
            let size = Size(one.storedSize)
            let turn = try #require(Turn(exif: one.exif))
            let upright = try stored.withUnsafeBytes {
                try Picture(
                    PackedPixels($0, size: size, bytesPerRow: size.width * 3, order: .rgb), turned: turn)
            }
            #expect(upright.size == Size(one.uprightSize))
            let expected = try reference.bytes(one.upright)
            #expect(upright.rgb == expected, "orientation \(one.exif)")
        }
    }
}

struct FitWithoutReferenceTests {
    @Test func letterboxCentresAndGivesTheOddPixelToTheEnd() throws {
        let fit = Fit(mode: .letterbox, pad: RGB(1, 2, 3))
        let network = Size(height: 384, width: 384)
        let box = try fit.placement(of: Size(height: 480, width: 640), in: network)
        #expect(box == Box(top: 48, left: 0, size: Size(height: 288, width: 384)))
        let odd = try fit.placement(of: Size(height: 385, width: 3), in: network)
        #expect(odd == Box(top: 0, left: 190, size: Size(height: 384, width: 3)))
    }

    @Test func nothingFitsIntoNothing() {
        let fit = Fit(mode: .stretch, pad: RGB(0, 0, 0))
        #expect(throws: DepthError("a 0×5 photo does not fit into 32×32")) {
            try fit.placement(of: Size(height: 0, width: 5), in: Size(height: 32, width: 32))
        }
    }

    @Test func aPictureHasThreeBytesAPixel() {
        #expect(throws: DepthError("5 bytes are no RGB picture of 1×2: 6 would be")) {
            try Picture(size: Size(height: 1, width: 2), rgb: [1, 2, 3, 4, 5])
        }
    }

    @Test func whatCannotBeAnOrientationIsNone() {
        #expect(Turn(exif: 0) == nil)
        #expect(Turn(exif: 9) == nil)
        #expect(Turn(degrees: 45) == nil)
        #expect(Turn(degrees: .nan) == nil)
        #expect(Turn(degrees: -90) == Turn(.threeQuarters))
        #expect(Turn(degrees: 450, mirrored: true) == Turn(.quarter, mirrored: true))
    }

    @Test func rowsOfAPixelBufferMayBeLongerAndKeepWhatLiesBetween() throws {
        let size = Size(height: 2, width: 2)
        let photo: [UInt8] = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]
        var target = [UInt8](repeating: 7, count: 24)
        try photo.withUnsafeBytes { source in
            try target.withUnsafeMutableBytes { bytes in
                let into = try PixelTarget(bytes, size: size, bytesPerRow: 12, order: .bgra)
                let from = try PackedPixels(source, size: size, bytesPerRow: 6, order: .rgb)
                let fit = Fit(mode: .stretch, pad: RGB(0, 0, 0))
                try NetworkInput(size: size, fit: fit).write(from, turned: .asStored, into: into)
            }
        }
        let first: [UInt8] = [30, 20, 10, 255, 60, 50, 40, 255, 7, 7, 7, 7]
        let second: [UInt8] = [90, 80, 70, 255, 120, 110, 100, 255, 7, 7, 7, 7]
        #expect(target == first + second)
    }

    @Test func memoryThatIsTooSmallIsRefused() {
        let bytes = [UInt8](repeating: 0, count: 23)
        bytes.withUnsafeBytes { raw in
            #expect(throws: DepthError.self) {
                try PackedPixels(raw, size: Size(height: 2, width: 3), bytesPerRow: 12, order: .rgba)
            }
            #expect(throws: DepthError.self) {
                let plane = Plane(raw, rowStride: 4, pixelStride: 1)
                _ = try PlanarPixels(y: plane, u: plane, v: plane, size: Size(height: 6, width: 4))
            }
        }
    }
}
