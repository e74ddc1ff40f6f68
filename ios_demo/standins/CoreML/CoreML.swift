// Core ML, as far as DepthKit uses it. MLModel and its kin are not Sendable, as in Apple's SDK.
//
// A "model" here is a folder with fake.json, which says what the model claims to be, and output.f32, which it
// answers whatever it is asked, in rows longer than the map.
@_exported import CoreVideo

public enum MLComputeUnits: Int, Sendable {
    case cpuOnly, cpuAndGPU, all, cpuAndNeuralEngine
}

open class MLModelConfiguration {
    public init() {}
    open var computeUnits = MLComputeUnits.all
}

public struct MLModelMetadataKey: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public static let creatorDefinedKey = MLModelMetadataKey(rawValue: "MLModelCreatorDefinedKey")
}

/// What a folder claims to be. height and width: of the picture that it takes.
public struct Fake: Codable, Sendable {
    public var metadata: [String: String]
    public var height: Int
    public var width: Int
    public var input = "image"
    public var output = "log_disparity"
    public var shape: [Int]
    public var isFloat = true
    public var isColour = true
    public var isSlow = false

    public init(metadata: [String: String], height: Int, width: Int) {
        (self.metadata, self.height, self.width) = (metadata, height, width)
        shape = [1, 1, height, width]
    }
}

open class MLModelDescription {
    let fake: Fake
    init(_ fake: Fake) { self.fake = fake }
    open var inputDescriptionsByName: [String: MLFeatureDescription] {
        [fake.input: MLFeatureDescription(fake)]
    }
    open var outputDescriptionsByName: [String: MLFeatureDescription] {
        [fake.output: MLFeatureDescription(fake)]
    }
    open var metadata: [MLModelMetadataKey: Any] { [.creatorDefinedKey: fake.metadata] }
}

open class MLFeatureDescription {
    let fake: Fake
    init(_ fake: Fake) { self.fake = fake }
    open var imageConstraint: MLImageConstraint? { MLImageConstraint(fake) }
    open var multiArrayConstraint: MLMultiArrayConstraint? { MLMultiArrayConstraint(fake) }
}

open class MLImageConstraint {
    let fake: Fake
    init(_ fake: Fake) { self.fake = fake }
    open var pixelsHigh: Int { fake.height }
    open var pixelsWide: Int { fake.width }
    open var pixelFormatType: OSType {
        fake.isColour ? kCVPixelFormatType_32BGRA : kCVPixelFormatType_OneComponent8
    }
}

public enum MLMultiArrayDataType: Int, Sendable {
    case double, float64, float32, float16, int32
}

open class MLMultiArrayConstraint {
    let fake: Fake
    init(_ fake: Fake) { self.fake = fake }
    open var shape: [NSNumber] { fake.shape.map { NSNumber(value: $0) } }
    open var dataType: MLMultiArrayDataType { fake.isFloat ? .float32 : .float16 }
}

public protocol MLShapedArrayScalar {}
extension Float: MLShapedArrayScalar {}

open class MLMultiArray {
    static let gap = 5
    let sides: [Int]
    let values: [Float]

    init(_ sides: [Int], _ rows: [Float]) {
        self.sides = sides
        let width = sides[3]
        values = stride(from: 0, to: rows.count, by: width).flatMap { start in
            Array(rows[start..<(start + width)]) + [Float](repeating: .nan, count: Self.gap)
        }
    }

    open var shape: [NSNumber] { sides.map { NSNumber(value: $0) } }
    open var strides: [NSNumber] {
        let row = sides[3] + Self.gap
        return [row * sides[2], row * sides[2], row, 1].map { NSNumber(value: $0) }
    }
    open var dataType: MLMultiArrayDataType { .float32 }
    /// The buffer counts the values of the shape: those of the last rows lie beyond its end.
    public func withUnsafeBufferPointer<S: MLShapedArrayScalar, R>(
        ofType: S.Type, _ body: (UnsafeBufferPointer<S>) throws -> R
    ) rethrows -> R {
        try values.withUnsafeBytes { bytes in
            let all = bytes.bindMemory(to: S.self)
            return try body(UnsafeBufferPointer(start: all.baseAddress, count: sides.reduce(1, *)))
        }
    }
}

open class MLFeatureValue {
    let pixelBuffer: CVPixelBuffer?
    public let multiArrayValue: MLMultiArray?
    public init(pixelBuffer: CVPixelBuffer) { (self.pixelBuffer, multiArrayValue) = (pixelBuffer, nil) }
    init(_ array: MLMultiArray) { (pixelBuffer, multiArrayValue) = (nil, array) }
}

public protocol MLFeatureProvider: AnyObject {
    var featureNames: Set<String> { get }
    func featureValue(for name: String) -> MLFeatureValue?
}

open class MLDictionaryFeatureProvider: MLFeatureProvider {
    let values: [String: MLFeatureValue]
    public init(dictionary: [String: Any]) throws {
        values = dictionary.compactMapValues { $0 as? MLFeatureValue }
    }
    open var featureNames: Set<String> { Set(values.keys) }
    open func featureValue(for name: String) -> MLFeatureValue? { values[name] }
}

public struct FakeError: LocalizedError {
    public let errorDescription: String?
}

open class MLModel {
    let fake: Fake
    let answer: [Float]

    init(_ url: URL) throws {
        fake = try JSONDecoder().decode(
            Fake.self, from: Data(contentsOf: url.appendingPathComponent("fake.json")))
        let data = try Data(contentsOf: url.appendingPathComponent("output.f32"))
        answer = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    open var modelDescription: MLModelDescription { MLModelDescription(fake) }

    /// A copy, with one more file, so that what was compiled can be told.
    open class func compileModel(at url: URL) async throws -> URL {
        let compiled = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).mlmodelc")
        try FileManager.default.copyItem(at: url, to: compiled)
        try Data().write(to: compiled.appendingPathComponent("compiled"))
        return compiled
    }

    open class func load(
        contentsOf url: URL, configuration: MLModelConfiguration = MLModelConfiguration()
    ) async throws -> MLModel {
        guard FileManager.default.fileExists(atPath: url.appendingPathComponent("compiled").path) else {
            throw FakeError(errorDescription: "not compiled")
        }
        return try MLModel(url)
    }

    open func prediction(from input: any MLFeatureProvider) async throws -> any MLFeatureProvider {
        if fake.isSlow { try await Task.sleep(for: .seconds(60)) }
        guard let buffer = input.featureValue(for: fake.input)?.pixelBuffer,
            CVPixelBufferGetHeight(buffer) == fake.height, CVPixelBufferGetWidth(buffer) == fake.width,
            CVPixelBufferGetPixelFormatType(buffer) == kCVPixelFormatType_32BGRA, buffer.locks == 0
        else { throw FakeError(errorDescription: "not the picture that this model takes") }
        let array = MLFeatureValue(MLMultiArray(fake.shape, answer))
        return try MLDictionaryFeatureProvider(dictionary: [fake.output: array])
    }
}
