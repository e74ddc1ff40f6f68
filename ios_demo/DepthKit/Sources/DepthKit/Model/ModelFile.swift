import Foundation

/// A file that a model.json lists: its path in the folder, hash and bytes, and what goes in and comes out.
public struct ModelFile: Sendable, Equatable {
    public let path: String
    public let sha256: String
    public let sizeBytes: Int
    public let input: TensorDescription
    public let output: TensorDescription

    init(_ entry: JSONObject) throws {
        path = try entry.text("path")
        sha256 = try entry.text("sha256")
        sizeBytes = try entry.count("size_bytes")
        input = try TensorDescription(entry.object("input"))
        output = try TensorDescription(entry.object("output"))
        try entry.need(
            Self.staysInside(path), "path", "a path inside the folder: A-Z a-z 0-9 _ . - and /")
        try entry.need(Self.isDigest(sha256), "sha256", "64 hexadecimal digits, lower case")
    }

    /// No part begins with a dot, none holds a backslash or a colon: such a path cannot leave the folder.
    private static func staysInside(_ path: String) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.unicodeScalars.first, first != ".", first != "-" else { return false }
            return part.unicodeScalars.allSatisfy { isLetterOrDigit($0) || "_.-".unicodeScalars.contains($0) }
        }
    }

    private static func isLetterOrDigit(_ c: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(c) || ("A"..."Z").contains(c) || ("0"..."9").contains(c)
    }

    private static func isDigest(_ text: String) -> Bool {
        text.unicodeScalars.count == 64
            && text.unicodeScalars.allSatisfy { ("0"..."9").contains($0) || ("a"..."f").contains($0) }
    }
}

/// One end of a file. Quantized ends have a scale and a zero point: value = (q − zeroPoint)·scale.
public struct TensorDescription: Sendable, Equatable {
    public enum DType: String, Sendable {
        case float32, float16, int8, uint8, image
    }

    public let dtype: DType
    public let scale: Double?
    public let zeroPoint: Int?

    init(_ tensor: JSONObject) throws {
        guard let dtype = DType(rawValue: try tensor.text("dtype")) else {
            throw DepthError(
                "\(tensor.source): '\(tensor.place)dtype' must be float32, float16, int8, uint8, image")
        }
        self.dtype = dtype
        let quantized = dtype == .int8 || dtype == .uint8
        scale = try quantized || tensor.members["scale"] != nil ? tensor.real("scale") : nil
        let zero = try quantized || tensor.members["zero_point"] != nil ? tensor.real("zero_point") : nil
        zeroPoint = zero.flatMap { Int(exactly: $0) }
        try tensor.need(scale.map { $0 > 0 } ?? true, "scale", "a number above 0")
        let inRange = zero == nil || zeroPoint.map { (-128...255).contains($0) } ?? false
        try tensor.need(inRange, "zero_point", "a whole number, -128…255")
    }
}
