import Foundation
import Testing

@testable import DepthKit

/// The exporter's golden files, as they are.
@Suite(.enabled(if: Reference.isThere, Comment(rawValue: Reference.missing)))
struct GoldenTests {
    struct Record: Decodable {
        let sha256: [String: String]
        let fovDegrees: Double
    }

    let reference: Reference
    let model: ModelDescription
    let size: Size

    init() throws {
        reference = try Reference()
        model = try ModelFolder(reference.artifact).description
        size = Size(height: model.height, width: model.width)
    }

    var input: Picture {
        get throws { try Picture(size: size, rgb: [UInt8](golden("input.rgb"))) }
    }

    var output: LogDisparity {
        get throws { try LogDisparity(size: size, littleEndian: golden("log_disparity.f32")) }
    }

    func golden(_ name: String) throws -> Data {
        try Data(contentsOf: reference.golden.appendingPathComponent(name))
    }

    func record() throws -> Record {
        try Reference.decoded(Record.self, reference.golden.appendingPathComponent("manifest.json"))
    }

    @Test func filesAreThoseOfTheManifest() throws {
        let record = try record()
        #expect(record.sha256.count >= 20)
        for (name, digest) in record.sha256 {
            #expect(SHA256.hex(try golden(name)) == digest, "\(name)")
        }
    }

    @Test func theInputGoesInAsItIs() throws {
        let fitted = try input.fitted(model.fit, to: size)
        #expect(largestDifference(fitted.rgb, try input.rgb) == 0)
    }

    @Test func pointsAreThoseOfPython() throws {
        let record = try record()
        let focal = try Focal(fovDegrees: record.fovDegrees, width: size.width)
        let cloud = try PointCloud(output.checked(), picture: input, focal: focal)
        #expect(cloud.count == size.area)
        let ply = cloud.ply()
        let expected = try golden("points.ply")
        #expect(ply.count == expected.count)
        #expect(ply == expected, "PLY, byte by byte")
    }

    @Test func coreMLPackagesAreTheListedOnes() throws {
        let folder = try ModelFolder(reference.artifact)
        let packages = folder.description.files.filter { $0.value.path.hasSuffix(".mlpackage") }
        try #require(!packages.isEmpty)
        for role in packages.keys {
            let url = try folder.file(role)
            #expect(FileManager.default.fileExists(atPath: url.path))
        }
    }

    @Test func theCopyInsideAPackageSaysTheSameWithoutFiles() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: reference.artifact.path)
        let copies = names.filter { $0.hasSuffix(".embedded.json") }
        try #require(!copies.isEmpty)
        for name in copies {
            let json = try Data(contentsOf: reference.artifact.appendingPathComponent(name))
            let inside = try ModelDescription(json: json, source: name, in: .metadata)
            #expect(inside.files.isEmpty)
            #expect(inside.version == model.version)
            #expect((inside.height, inside.width, inside.fit) == (model.height, model.width, model.fit))
            #expect(inside.licence == model.licence)
        }
    }
}
