#if canImport(CoreML)
import CoreML
import CoreVideo
import Foundation

/// A depth network on Core ML: picture in, log-disparity out.
///
/// Sendable although MLModel is not: Core ML's asynchronous prediction may be called from any task, and
/// nothing else of the model is touched after it is loaded.
public final class DepthModel: @unchecked Sendable {
    static let input = "image"
    static let output = "log_disparity"

    public let description: ModelDescription
    public let fileName: String
    public var network: NetworkInput {
        NetworkInput(size: Size(height: description.height, width: description.width), fit: description.fit)
    }
    private let model: MLModel

    private init(_ model: MLModel, fileName: String) throws {
        description = try ModelDescription(of: model, named: fileName)
        (self.model, self.fileName) = (model, fileName)
    }

    /// Compiles a .mlpackage, if it is the first time, and loads it. Throws DepthError for a model that does
    /// not say what it is, or is not what it says.
    public static func load(
        _ package: URL, units: ComputeUnits, compiled: CompiledModels
    ) async throws -> DepthModel {
        let kept = try await compiled.model(of: package)
        do {
            return try await load(compiled: kept.url, of: package, units: units)
        } catch {
            guard kept.isOld else { throw error }
            // The system clears caches, and not always whole folders: once more, from the package.
            try compiled.forget(kept)
            return try await load(package, units: units, compiled: compiled)
        }
    }

    /// Loads what `CompiledModels` has made of a package; errors name the package.
    public static func load(compiled: URL, of package: URL, units: ComputeUnits) async throws -> DepthModel {
        let name = package.lastPathComponent
        let configuration = MLModelConfiguration()
        configuration.computeUnits = units.coreML
        let model: MLModel
        do {
            model = try await MLModel.load(contentsOf: compiled, configuration: configuration)
        } catch {
            throw DepthError("\(name): Core ML does not load it (\(error.localizedDescription))")
        }
        return try DepthModel(model, fileName: name)
    }

    /// Throws DepthError where Core ML fails, or gives what no network gives; CancellationError where the task
    /// was cancelled meanwhile.
    public func predict(_ image: NetworkImage) async throws -> LogDisparity {
        let values: [String: Any] = [Self.input: MLFeatureValue(pixelBuffer: image.buffer)]
        let features = try MLDictionaryFeatureProvider(dictionary: values)
        let predicted: any MLFeatureProvider
        do {
            predicted = try await model.prediction(from: features)
        } catch {
            try Task.checkCancellation()
            throw DepthError("\(fileName): Core ML does not run it (\(error.localizedDescription))")
        }
        guard let array = predicted.featureValue(for: Self.output)?.multiArrayValue else {
            throw DepthError("\(fileName): no output called '\(Self.output)'")
        }
        return try LogDisparity(array, size: network.size).checked()
    }
}

extension LogDisparity {
    /// From an array 1×1×H×W, whose rows may be longer than the map.
    init(_ array: MLMultiArray, size: Size) throws {
        let strides = array.strides.map(\.intValue)
        guard array.dataType == .float32, array.shape.map(\.intValue) == [1, 1, size.height, size.width]
        else {
            throw DepthError("the output is no float32 array of 1×1×\(size)")
        }
        // By address: the buffer counts the values, and with longer rows the last ones lie beyond that count.
        let values = array.withUnsafeBufferPointer(ofType: Float.self) { source in
            source.baseAddress.map { base in
                (0..<size.height).flatMap { row in
                    (0..<size.width).map { base[row * strides[2] + $0 * strides[3]] }
                }
            }
        }
        try self.init(size: size, values: values ?? [])
    }
}

extension ComputeUnits {
    var coreML: MLComputeUnits {
        switch self {
        case .all: .all
        case .neuralEngine: .cpuAndNeuralEngine
        case .gpu: .cpuAndGPU
        case .cpu: .cpuOnly
        }
    }
}
#endif
