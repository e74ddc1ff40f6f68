import Foundation
import Testing

@testable import DepthKit

/// The good and bad examples that Python and Kotlin are tested on too.
struct ModelDescriptionTests {
    static let examples = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("tests/data/manifest")

    static func files(_ folder: String) -> [URL] {
        let url = examples.appendingPathComponent(folder)
        let found = try? FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
        return (found ?? []).filter { $0.pathExtension == "json" }
    }

    func read(_ url: URL, in place: ModelDescription.Place = .folder) throws -> ModelDescription {
        try ModelDescription(json: Data(contentsOf: url), source: "model.json", in: place)
    }

    @Test func examplesAreThere() {
        #expect(Self.files("good").count >= 5)
        #expect(Self.files("bad").count >= 80)
        #expect(Self.files("bad_beyond_schema").count == 2)
    }

    @Test(arguments: files("good")) func goodOnesAreRead(url: URL) throws {
        _ = try read(url)
    }

    /// The one key, as `input.fit.mode`, in which a bad example differs from the good one.
    func changed(_ good: JSONValue, _ bad: JSONValue) -> String {
        guard case .object(let right) = good, case .object(let wrong) = bad else { return "the whole" }
        let keys = Set(right.keys).union(wrong.keys).filter { right[$0] != wrong[$0] }
        guard keys.count == 1, let key = keys.first else { return "not one key" }
        guard case .object? = right[key], let below = right[key], let other = wrong[key], case .object = other
        else { return key }
        return "\(key).\(changed(below, other))"
    }

    @Test(arguments: files("bad") + files("bad_beyond_schema"))
    func badOnesAreRefusedInOneLineThatNamesTheKey(url: URL) throws {
        let good = Self.examples.appendingPathComponent("good/only_what_is_required.json")
        let values = try [good, url].map {
            try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: $0))
        }
        do {
            _ = try read(url)
            Issue.record("was taken")
        } catch let error as DepthError {
            #expect(error.description.hasPrefix("model.json: '"), "\(error)")
            #expect(error.description.contains("'\(changed(values[0], values[1]))"), "\(error)")
            #expect(!error.description.contains("\n"))
        }
    }

    @Test func filesMayBeMissingInMetadataAlone() throws {
        let url = Self.examples.appendingPathComponent("bad/files_missing.json")
        #expect(throws: DepthError("model.json: 'files' is missing")) { try read(url) }
        #expect(try read(url, in: .metadata).files.isEmpty)
    }

    @Test func whatIsRead() throws {
        let model = try read(Self.examples.appendingPathComponent("good/letterbox_of_another_size.json"))
        #expect((model.height, model.width) == (256, 320))
        #expect(model.fit == Fit(mode: .letterbox, pad: RGB(0, 128, 255)))
        #expect((model.name, model.title, model.version) == ("mn", "Tiefe „MN“ 深度 📐", "69232ecda8e0"))
        #expect((model.params, model.madds, model.licence) == (2_419_081, 1_019_049_984, "Apache-2.0"))
        let file = try #require(model.files["tflite_int8_full"])
        #expect((file.path, file.sizeBytes) == ("model_int8_full.tflite", 2_752_608))
        #expect(file.input.zeroPoint == -128)
        let full = try read(Self.examples.appendingPathComponent("good/every_file.json"))
        #expect(full.accuracy["nyu"]?["delta1"] == 18.5321)
        #expect(full.maddsByLayer["depthwise"] == 60_880_896)
        #expect(full.trainedOn == ["synthetic"])
    }

    @Test(arguments: ["", "{\"format\": 1", "{\"format\": NaN}", "[1", "{\"x\": -Infinity}"])
    func whatIsNoJSONIsRefused(text: String) {
        #expect(throws: DepthError("model.json: not JSON that can be read")) {
            try ModelDescription(json: Data(text.utf8), source: "model.json", in: .folder)
        }
    }
}

struct DigestTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256OfTheStandardsExamples(text: String, digest: String) {
        #expect(SHA256.hex(Data(text.utf8)) == digest)
    }

    @Test(arguments: [55, 56, 63, 64, 65, 119, 120]) func paddingFillsWholeBlocks(count: Int) {
        #expect(SHA256.digest([UInt8](repeating: 0x61, count: count)).count == 32)
    }

    @Test func aFolderIsTheHashOfItsSortedLines() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let below = folder.appendingPathComponent("Data")
        try FileManager.default.createDirectory(at: below, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: folder.appendingPathComponent("Manifest.json"))
        try Data([0, 1, 2]).write(to: below.appendingPathComponent("weight.bin"))
        let lines = [
            "Data/weight.bin \(SHA256.hex(Data([0, 1, 2])))", "Manifest.json \(SHA256.hex(Data("{}".utf8)))",
        ]
        let content = try FolderContent(folder)
        #expect(content.sizeBytes == 5)
        #expect(content.sha256 == SHA256.hex(Data(lines.joined(separator: "\n").utf8)))
    }
}
