import Foundation
import Testing

@testable import DepthKit

struct LibraryTests {
    let top = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    /// A package of one file.
    func package(_ name: String, in folder: String, holding text: String = "{}") throws -> URL {
        let url = top.appendingPathComponent(folder).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url.appendingPathComponent("Manifest.json"))
        return url
    }

    @Test func openedModelsAreCopiedAndReplaced() throws {
        defer { try? FileManager.default.removeItem(at: top) }
        _ = try package("mn.mlpackage", in: "bundle")
        let library = ModelLibrary(
            bundled: top.appendingPathComponent("bundle"), opened: top.appendingPathComponent("opened"))
        #expect(library.models().map(\.name) == ["mn"])
        _ = try library.add(package("lite0.mlpackage", in: "files"))
        let second = try library.add(package("lite0.mlpackage", in: "files", holding: "[]"))
        #expect(library.models().map(\.name) == ["mn", "lite0"])
        #expect(library.models().map(\.isBundled) == [true, false])
        let kept = try Data(contentsOf: second.url.appendingPathComponent("Manifest.json"))
        #expect(String(decoding: kept, as: UTF8.self) == "[]")
        #expect(throws: DepthError("mn: came with the app and stays")) {
            try library.remove(library.models()[0])
        }
        try library.remove(second)
        #expect(library.models().map(\.name) == ["mn"])
    }

    @Test func otherFilesAreNotTaken() throws {
        defer { try? FileManager.default.removeItem(at: top) }
        let library = ModelLibrary(bundled: nil, opened: top.appendingPathComponent("opened"))
        #expect(throws: DepthError("a.tflite: not a .mlpackage; python -m export.all writes one")) {
            try library.add(top.appendingPathComponent("a.tflite"))
        }
        #expect(throws: DepthError.self) { try library.add(top.appendingPathComponent("missing.mlpackage")) }
        #expect(library.models().isEmpty)
    }
}

struct DeviceTests {
    @Test func theDeviceIsDescribed() throws {
        let machine = ThisDevice.machine
        #expect(!machine.processor.isEmpty && !machine.system.isEmpty)
        #expect(ThisDevice.system("Version 26.1 (Build 23B85)").hasSuffix("26.1 (Build 23B85)"))
        #expect(!ThisDevice.system("Version 26.1 (Build 23B85)").contains("Version"))
        #expect(machine.cores >= 1 && machine.memoryBytes > 1 << 28)
        #expect(try #require(ThisDevice.peakMemoryBytes) > 1 << 20)
    }

    @Test func theFocalLengthIsTheFirstOfACamerasMatrix() throws {
        let columns: [[Float]] = [[1432.5, 0, 0, 0], [0, 1430, 0, 0], [960, 540, 1, 0]]
        let bytes = columns.joined().flatMap { value in
            (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) }
        }
        #expect(try Focal(intrinsicMatrix: Data(bytes)).pixels == 1432.5)
        #expect(throws: DepthError("8 bytes are no 3×3 matrix")) {
            try Focal(intrinsicMatrix: Data(count: 8))
        }
        #expect(throws: DepthError.self) { try Focal(intrinsicMatrix: Data(count: 48)) }
    }
}
