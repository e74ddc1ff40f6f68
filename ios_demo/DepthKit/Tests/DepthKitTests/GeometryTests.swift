import Foundation
import Testing

@testable import DepthKit

@Suite(.enabled(if: Reference.isThere, Comment(rawValue: Reference.missing)))
struct GeometryReferenceTests {
    @Test func cloudsOfBoxesAndPhotosAreThoseOfPython() throws {
        let reference = try Reference()
        for one in reference.cases.clouds {
            let photo = Size(one.photoSize)
            let focal =
                if let pixels = one.focalPx { try Focal(cameraPixels: pixels) } else {
                    try Focal(width: photo.width)
                }
            let box = Box(top: one.box[0], left: one.box[1], size: Size(Array(one.box[2...])))
            let cloud = try PointCloud(
                reference.map(one.map, one.size), picture: reference.picture(one.picture, one.size),
                box: box, photo: photo, focal: focal)
            #expect(largestRelative(cloud.positions, try reference.floats(one.points)) <= 1e-6)
            let ply = try reference.bytes(one.ply)
            #expect([UInt8](cloud.ply()) == ply, "\(one.ply)")
        }
    }

    @Test func coloursAreThoseOfPython() throws {
        let reference = try Reference()
        for one in reference.cases.depth {
            let map = try reference.map(one.map, one.size)
            let range = one.limits.map { ColourRange(low: $0[0], high: $0[1]) }
            #expect(try map.coloured(range).rgb == reference.bytes(one.colours), "\(one.colours)")
        }
    }

    @Test func disparityOf16BitsIsThatOfPython() throws {
        let reference = try Reference()
        for one in reference.cases.depth {
            let bytes = try reference.bytes(one.depth16)
            let expected = stride(from: 0, to: bytes.count, by: 2).map {
                UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
            }
            #expect(try reference.map(one.map, one.size).disparity16() == expected, "\(one.name)")
        }
    }
}

struct GeometryTests {
    let size = Size(height: 2, width: 3)

    @Test func depthAndLogDisparityAreInverse() throws {
        let depth: [Float] = [0.5, 1, 2, 3, 10, 80]
        let map = try LogDisparity(size: size, depth: depth)
        #expect(largestRelative(map.depth, depth) < 1e-6)
        #expect(largestRelative(map.disparity, depth.map { 1 / $0 }) < 1e-6)
        #expect(throws: DepthError("a depth is above 0 and finite")) {
            try LogDisparity(size: size, depth: [1, 2, 3, 4, 5, 0])
        }
    }

    @Test func outputThatNoNetworkGivesIsRefused() throws {
        let flat = try LogDisparity(size: size, values: [Float](repeating: 0.3, count: 6))
        let broken = try LogDisparity(size: size, values: [1, 2, 3, .nan, 5, 6])
        #expect(throws: DepthError.self) { try flat.checked() }
        #expect(throws: DepthError.self) { try broken.checked() }
        #expect(throws: DepthError("5 values are no map of 2×3")) {
            try LogDisparity(size: size, values: [1, 2, 3, 4, 5])
        }
    }

    @Test func theMedianPointLiesAtDistanceOne() throws {
        let map = try LogDisparity(size: size, values: [0.5, -1, 2, 0.25, 3, -4])
        let picture = try Picture(size: size, rgb: [UInt8](repeating: 9, count: 18))
        let cloud = try PointCloud(map, picture: picture, focal: Focal(width: 3))
        #expect(cloud.positions[2] == 1)  // 0.5 is value 3 of 0…5: of two middle ones the nearer
        #expect(cloud.positions[3] == 0)  // the middle column lies on the axis
    }

    @Test func aPictureOfAnotherSizeGivesNoColours() throws {
        let map = try LogDisparity(size: size, values: [0, 1, 2, 3, 4, 5])
        let picture = try Picture(size: Size(height: 3, width: 2), rgb: [UInt8](repeating: 9, count: 18))
        #expect(throws: DepthError.self) { try PointCloud(map, picture: picture, focal: Focal(width: 3)) }
    }

    @Test func focalLengths() throws {
        #expect(abs(try Focal(fovDegrees: 90, width: 640).pixels - 320) < 1e-9)
        #expect(try Focal(cameraPixels: 500).origin == .camera)
        // 36 mm wide film seen through 36 mm: half the width is 18 mm, as is half the focal length.
        let film = try Focal(film35mm: 36, photo: Size(height: 2400, width: 3600))
        #expect(abs(film.pixels - 3600) < 1e-9)
        for fov in [0.5, 180, -60, .nan] {
            #expect(throws: DepthError.self) { try Focal(fovDegrees: fov, width: 9) }
        }
        #expect(throws: DepthError.self) { try Focal(cameraPixels: 0) }
    }

    @Test(arguments: [1, 2, 3, 10, 101, 1000]) func orderStatisticsAreThoseOfTheSortedValues(count: Int) {
        var generator = SystemRandomNumberGenerator()
        let values = (0..<count).map { _ in Float(Int.random(in: 0...(count / 2), using: &generator)) }
        let sorted = values.sorted()
        for rank in Set([0, count / 2, count - 1]) {
            var copy = values
            #expect(OrderStatistics.value(at: rank, in: &copy) == sorted[rank])
        }
    }

    @Test func aColourRangeMovesPartOfTheWay() {
        let range = ColourRange(low: 0, high: 4).moved(towards: ColourRange(low: 1, high: 2), by: 0.25)
        #expect(range == ColourRange(low: 0.25, high: 3.5))
    }

    @Test func checksumsOfThePNGStandard() {
        #expect(PNG.crc32([UInt8]("123456789".utf8)) == 0xCBF4_3926)
        #expect(PNG.adler32([UInt8]("Wikipedia".utf8)) == 0x11E6_0398)
    }
}
