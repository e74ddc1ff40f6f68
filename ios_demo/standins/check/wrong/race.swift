// error: cannot cross actor boundary
import CoreML
import Foundation

actor Holder {
    let model: MLModel
    init(_ url: URL) async throws { model = try await MLModel.load(contentsOf: url) }
    func run(_ input: MLDictionaryFeatureProvider) async throws {
        _ = try await model.prediction(from: input)
    }
}
