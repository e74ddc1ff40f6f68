#if canImport(CoreML)
import CoreML
import CoreVideo
import Foundation

extension ModelDescription {
    /// What a Core ML model says of itself. Throws DepthError for a model of another make, and where what it
    /// takes and gives is not what it says.
    init(of model: MLModel, named name: String) throws {
        let known = model.modelDescription.metadata[MLModelMetadataKey.creatorDefinedKey] as? [String: String]
        guard let text = known?[Self.fileName] else {
            throw DepthError("\(name): holds no model.json; take a file that python -m export.all wrote")
        }
        try self.init(json: Data(text.utf8), source: "\(name): model.json", in: .metadata)
        try checkInput(model.modelDescription, name)
        try checkOutput(model.modelDescription, name)
    }

    private func checkInput(_ described: MLModelDescription, _ name: String) throws {
        guard let image = described.inputDescriptionsByName[DepthModel.input]?.imageConstraint else {
            throw DepthError("\(name): takes no picture called '\(DepthModel.input)'")
        }
        guard image.pixelFormatType == kCVPixelFormatType_32BGRA else {
            throw DepthError("\(name): takes no pictures in colour")
        }
        guard image.pixelsHigh == height, image.pixelsWide == width else {
            let found = "\(image.pixelsHigh)×\(image.pixelsWide)"
            throw DepthError(
                "\(name): takes pictures of \(found), though its model.json says \(height)×\(width)")
        }
    }

    private func checkOutput(_ described: MLModelDescription, _ name: String) throws {
        let output = described.outputDescriptionsByName[DepthModel.output]?.multiArrayConstraint
        guard let output, output.dataType == .float32 else {
            throw DepthError("\(name): gives no float32 output called '\(DepthModel.output)'")
        }
        let shape = output.shape.map(\.intValue)
        guard shape == [1, 1, height, width] else {
            let expected = "[1, 1, \(height), \(width)]"
            throw DepthError(
                "\(name): gives an output of shape \(shape), though its model.json says \(expected)")
        }
    }
}
#endif
