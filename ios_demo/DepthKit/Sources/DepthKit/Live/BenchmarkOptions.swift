/// How the app is launched for measuring: `--benchmark [--runs N] [--warm-up N] [--units all|ane|gpu|cpu …]
/// [--models NAME …] [--out NAME]`.
public struct BenchmarkOptions: Sendable, Equatable {
    public static let flag = "--benchmark"

    public var runs = 100
    public var warmUp = 10
    public var units = ComputeUnits.allCases
    /// Names of packages, such as mn_int8; nil: all that the app has.
    public var models: [String]?
    /// A file in the app's Documents.
    public var out = "benchmark.json"

    /// Nil where the app was launched for people. Throws DepthError, one line that names the option.
    public init?(arguments: [String]) throws {
        guard let start = arguments.firstIndex(of: Self.flag) else { return nil }
        var rest = arguments[(start + 1)...]
        while let option = rest.popFirst() {
            switch option {
            case "--runs": runs = try Self.count(option, rest.popFirst())
            case "--warm-up": warmUp = try Self.count(option, rest.popFirst())
            case "--out": out = try Self.fileName(rest.popFirst())
            case "--units": units = try Self.units(Self.words(&rest))
            case "--models":
                models = Self.words(&rest)
                if models == [] { throw DepthError("--models: names of packages, such as mn_int8") }
            default: throw DepthError("\(option): unknown; --runs, --warm-up, --units, --models or --out")
            }
        }
    }

    /// Those of `models` that are asked for, in their own order. Throws DepthError for a name that none has.
    public func chosen(of stored: [StoredModel]) throws -> [StoredModel] {
        let known = stored.map(\.name).joined(separator: ", ")
        if let missing = models?.first(where: { name in !stored.contains { $0.name == name } }) {
            throw DepthError("--models \(missing): not in the app (\(known.isEmpty ? "no model is" : known))")
        }
        if stored.isEmpty { throw DepthError("no model to measure: put a .mlpackage into ios_demo/Models") }
        return models.map { names in stored.filter { names.contains($0.name) } } ?? stored
    }

    private static func words(_ rest: inout ArraySlice<String>) -> [String] {
        let words = rest.prefix { !$0.hasPrefix("--") }
        rest = rest.dropFirst(words.count)
        return Array(words)
    }

    private static func count(_ option: String, _ text: String?) throws -> Int {
        guard let text, let count = Int(text), count >= 1 else {
            throw DepthError("\(option) \(text ?? ""): a whole number of 1 or more")
        }
        return count
    }

    private static func fileName(_ text: String?) throws -> String {
        guard let text, !text.isEmpty, !text.contains("/"), !text.hasPrefix(".") else {
            throw DepthError("--out \(text ?? ""): the name of a file, without a folder")
        }
        return text
    }

    private static func units(_ names: [String]) throws -> [ComputeUnits] {
        let units = names.compactMap(ComputeUnits.init(rawValue:))
        guard !names.isEmpty, units.count == names.count else {
            let known = ComputeUnits.allCases.map(\.rawValue).joined(separator: ", ")
            throw DepthError("--units \(names.joined(separator: " ")): of \(known)")
        }
        return units
    }
}
