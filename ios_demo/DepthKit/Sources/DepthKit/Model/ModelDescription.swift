import Foundation

/// A model.json that was read and found complete. The copy inside a .mlpackage lists no files.
public struct ModelDescription: Sendable, Equatable {
    public static let fileName = "model.json"
    public static let format = 1.0

    public let name: String
    public let title: String
    public let version: String
    public let height: Int
    public let width: Int
    public let fit: Fit
    public let files: [String: ModelFile]
    public let params: Int
    public let madds: Int
    public let maddsByLayer: [String: Int]
    public let licence: String
    public let trainedOn: [String]
    public let accuracy: [String: [String: Double]]
}

extension ModelDescription {
    /// Where a description comes from: a folder's model.json, or the metadata of a model file.
    public enum Place: Sendable {
        case folder, metadata
    }

    /// Reads a model.json; `source` is what errors call it. Throws DepthError, one line that names the key.
    public init(json: Data, source: String, in place: Place) throws {
        let whole: JSONValue
        do {
            whole = try JSONDecoder().decode(JSONValue.self, from: json)
        } catch {
            throw DepthError("\(source): not JSON that can be read")
        }
        try self.init(JSONObject(whole, source: source), in: place)
    }

    init(_ top: JSONObject, in place: Place) throws {
        let format = try top.real("format")
        guard format == Self.format else {
            throw DepthError(
                "\(top.source): 'format' \(format) is not known here (known: \(Int(Self.format)))")
        }
        let input = try top.object("input")
        (height, width) = try Self.sides(input, top.object("output"))
        fit = try Fit(input.object("fit"))
        files = try top.object("files", default: place == .metadata ? [:] : nil).mapObjects(ModelFile.init)
        let versions = try top.object("exporter").object("versions")
        _ = try versions.members.keys.map(versions.text)
        name = try top.text("name")
        title = try top.text("title")
        version = try top.text("version")
        params = try top.count("params")
        madds = try top.count("madds")
        maddsByLayer = try top.object("madds_by_layer", default: [:]).mapCounts()
        licence = try top.text("licence")
        trainedOn = try top.texts("trained_on")
        accuracy = try top.object("accuracy", default: [:]).mapObjects { try $0.mapReals() }
    }

    /// Height and width, after `input` and `output` were checked, but for the fit.
    private static func sides(_ input: JSONObject, _ output: JSONObject) throws -> (Int, Int) {
        let range = try input.numbers("range", "[0, 255]")
        try input.need(input.text("channels") == "RGB", "channels", "RGB")
        try input.need(range == [0, 255], "range", "[0, 255]")
        try output.need(output.text("kind") == "log_disparity", "kind", "log_disparity")
        for key in ["height", "width"] {
            let side = try input.count(key)
            try input.need(side >= 32 && side % 32 == 0, key, "a multiple of 32")
            try output.need(output.count(key) == side, key, "that of the input, \(side)")
        }
        return try (input.count("height"), input.count("width"))
    }
}

extension JSONObject {
    func mapObjects<T>(_ read: (JSONObject) throws -> T) throws -> [String: T] {
        try members.keys.reduce(into: [:]) { $0[$1] = try read(object($1)) }
    }

    func mapReals() throws -> [String: Double] {
        try members.keys.reduce(into: [:]) { $0[$1] = try real($1) }
    }

    func mapCounts() throws -> [String: Int] {
        try members.keys.reduce(into: [:]) { $0[$1] = try count($1) }
    }
}

extension Fit {
    init(_ fit: JSONObject) throws {
        guard let mode = Mode(rawValue: try fit.text("mode")) else {
            throw DepthError("\(fit.source): '\(fit.place)mode' must be stretch or letterbox")
        }
        try fit.need(fit.text("resample") == "bilinear", "resample", "bilinear")
        let allowed = "three whole numbers, 0…255"
        let pad = try fit.numbers("pad", allowed).map { UInt8(exactly: $0) }
        let colour = pad.compactMap { $0 }
        try fit.need(pad.count == 3 && colour.count == 3, "pad", allowed)
        self.init(mode: mode, pad: RGB(colour[0], colour[1], colour[2]))
    }
}
