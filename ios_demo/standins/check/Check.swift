// Runs what DepthKit does with Core ML and Core Video, on the stand-ins: where pixels are read and written, what
// is refused, what comes out. Not Apple's frameworks: their own behaviour stays unchecked.
import CoreML
import CoreVideo
import DepthKit
import Foundation

@main
struct Check {
    let reference: URL
    let work: URL
    let size: Size
    let metadata: String

    static func main() async {
        do {
            try await Check(URL(fileURLWithPath: CommandLine.arguments[1])).run()
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    init(_ folder: URL) throws {
        reference = folder.appendingPathComponent("artifact")
        work = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        let json = try Data(contentsOf: reference.appendingPathComponent("model.embedded.json"))
        metadata = String(decoding: json, as: UTF8.self)
        let model = try ModelDescription(json: json, source: "model.json", in: .metadata)
        size = Size(height: model.height, width: model.width)
    }

    func run() async throws {
        defer { try? FileManager.default.removeItem(at: work) }
        try await photo()
        try await frames()
        try await refusals()
        try await damage()
        try await cancelling()
        print("Core ML and Core Video: photo, camera frames and refusals go as they should on the stand-ins")
    }

    // MARK: What goes in and what comes out

    private func photo() async throws {
        let pipeline = try await pipeline("right")
        let input = try Picture(size: size, rgb: [UInt8](golden("input.rgb")))
        let result = try await pipeline.run(input)
        try need(result.image.picture() == input, "the network's picture is not the photo")
        try need(result.cloud().ply() == golden("points.ply"), "the cloud is not Python's")
        try need(result.resized() == result.map, "the map of a photo of network size is the output itself")
        try need(result.focal.origin == .assumed(fovDegrees: 60), "the field of view is assumed")
        _ = try await self.pipeline("right")
        try need(kept().count == 1, "a model is compiled once")
    }

    private func kept() throws -> [URL] {
        let folder = work.appendingPathComponent("compiled")
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    }

    /// What the system took away of a compiled model comes back from the package.
    private func damage() async throws {
        let before = try kept()
        for model in before {
            try FileManager.default.removeItem(at: model.appendingPathComponent("compiled"))
        }
        _ = try await pipeline("right")
        let whole = try kept().filter { model in
            FileManager.default.fileExists(atPath: model.appendingPathComponent("compiled").path)
        }
        try need(try kept().count == before.count && whole.count == 1, "a damaged model is compiled anew")
    }

    /// Whoever no longer waits is told so, and no fault of the model.
    private func cancelling() async throws {
        let pipeline = try await pipeline("slow") { fake, _ in fake.isSlow = true }
        let picture = try Picture(size: size, rgb: [UInt8](golden("input.rgb")))
        let running = Task { try await pipeline.run(picture) }
        running.cancel()
        do {
            _ = try await running.value
            throw DepthError("a cancelled prediction has come to its end")
        } catch is CancellationError {}
    }

    private struct Frames: Decodable {
        struct Frame: Decodable {
            struct Plane: Decodable {
                let offset, rowStride: Int
            }
            let file: String
            let rotationDegrees, height, width: Int
            let mirrored: Bool
            let planes: [Plane]
        }
        let frames: [Frame]
    }

    /// The interleaved frames are what phones give; and one of them as BGRA, from its upright picture.
    private func frames() async throws {
        let pipeline = try await pipeline("right")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let frames = try decoder.decode(Frames.self, from: golden("frames.json")).frames
        let sides = try decoder.decode([Int].self, from: golden("frame.json"))
        let frameSize = Size(height: sides[0], width: sides[1])
        let upright = try Picture(size: frameSize, rgb: [UInt8](golden("frame.rgb")))
        let expected = try upright.fitted(pipeline.model.description.fit, to: size)
        for frame in frames where frame.file.contains("interleaved") {
            let turn = Turn(degrees: Double(frame.rotationDegrees), mirrored: frame.mirrored) ?? .asStored
            let camera = CameraFrame(try buffer(frame), turn: turn, focalPixels: 500, seconds: 0)
            let result = try await pipeline.run(camera)
            let seen = try result.image.picture()
            try need(zip(seen.rgb, expected.rgb).allSatisfy { abs(Int($0) - Int($1)) <= 1 }, frame.file)
            try need(
                result.focal.pixels == 500 && result.image.photo == upright.size, "size and focal length")
        }
        let packed = CameraFrame(bgra(upright), turn: .asStored, focalPixels: nil, seconds: 0)
        try need(try await pipeline.run(packed).image.picture() == expected, "BGRA frames")
    }

    private func buffer(_ frame: Frames.Frame) throws -> CVPixelBuffer {
        let bytes = [UInt8](try golden(frame.file))
        let (luma, chroma) = (frame.planes[0], frame.planes[1])
        let buffer = CVBuffer(
            format: kCVPixelFormatType_420YpCbCr8BiPlanarFullRange, height: frame.height, width: frame.width,
            planes: [(luma.rowStride, frame.height), (chroma.rowStride, frame.height / 2)])
        buffer.fill(0, with: Array(bytes[..<chroma.offset]))
        buffer.fill(1, with: Array(bytes[chroma.offset...]))
        return buffer
    }

    private func bgra(_ picture: Picture) -> CVPixelBuffer {
        let gap = [UInt8](repeating: 99, count: 32)
        var rows: [UInt8] = []
        for i in 0..<picture.size.area {
            let pixel = picture.rgb[(3 * i)..<(3 * i + 3)]
            rows += pixel.reversed() + [255]
            if (i + 1) % picture.size.width == 0 { rows += gap }
        }
        let bytesPerRow = picture.size.width * 4 + gap.count
        let buffer = CVBuffer(
            format: kCVPixelFormatType_32BGRA, height: picture.size.height, width: picture.size.width,
            planes: [(bytesPerRow, picture.size.height)])
        buffer.fill(0, with: rows)
        return buffer
    }

    // MARK: What is refused

    private func refusals() async throws {
        try await refused("bare", "holds no model.json") { fake, _ in fake.metadata = [:] }
        try await refused("broken", "not JSON") { fake, _ in fake.metadata["model.json"] = "{" }
        try await refused("format", "not known here") { fake, _ in
            fake.metadata["model.json"] = metadata.replacingOccurrences(
                of: "\"format\": 1", with: "\"format\": 2")
        }
        try await refused("grey", "takes no pictures in colour") { fake, _ in fake.isColour = false }
        try await refused("size", "though its model.json says") { fake, _ in fake.height += 32 }
        try await refused("input", "takes no picture called 'image'") { fake, _ in fake.input = "x" }
        try await refused("output", "gives no float32 output") { fake, _ in fake.output = "depth" }
        try await refused("half", "gives no float32 output") { fake, _ in fake.isFloat = false }
        try await refused("shape", "gives an output of shape") { fake, _ in fake.shape.removeFirst() }
        try await refused("nan", "not finite") { _, output in output[7] = .nan }
        try await refused("flat", "the same everywhere") { _, output in output = output.map { _ in 1 } }
        let tflite = work.appendingPathComponent("a.tflite")
        try await throwing("not a .mlpackage") { _ = try await load(tflite) }
    }

    private func refused(
        _ name: String, _ text: String, _ change: (inout Fake, inout [Float]) -> Void
    ) async throws {
        try await throwing(text) {
            let pipeline = try await pipeline(name, change)
            _ = try await pipeline.run(Picture(size: size, rgb: [UInt8](golden("input.rgb"))))
        }
    }

    private func throwing(_ text: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as DepthError {
            return try need(error.description.contains(text), "'\(error)' does not say '\(text)'")
        }
        throw DepthError("nothing was refused where '\(text)' was due")
    }

    // MARK: Models

    private func pipeline(
        _ name: String, _ change: (inout Fake, inout [Float]) -> Void = { _, _ in }
    ) async throws -> DepthPipeline {
        var fake = Fake(metadata: ["model.json": metadata], height: size.height, width: size.width)
        var output = try LogDisparity(size: size, littleEndian: golden("log_disparity.f32")).values
        change(&fake, &output)
        let package = work.appendingPathComponent("\(name).mlpackage")
        try FileManager.default.createDirectory(at: package, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys  // the same model, the same bytes
        try encoder.encode(fake).write(to: package.appendingPathComponent("fake.json"))
        try output.withUnsafeBytes { Data($0) }.write(to: package.appendingPathComponent("output.f32"))
        return try DepthPipeline(await load(package))
    }

    private func load(_ package: URL) async throws -> DepthModel {
        let compiled = CompiledModels(in: work.appendingPathComponent("compiled"))
        return try await DepthModel.load(package, units: .cpu, compiled: compiled)
    }

    private func golden(_ name: String) throws -> Data {
        try Data(contentsOf: reference.appendingPathComponent("golden/\(name)"))
    }

    private func need(_ condition: Bool, _ otherwise: String) throws {
        if !condition { throw DepthError(otherwise) }
    }
}
