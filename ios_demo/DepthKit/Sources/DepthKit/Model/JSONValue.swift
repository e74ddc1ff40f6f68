import Foundation

/// JSON as it stands. `true` is no number here, and 384.0 is the same as 384.
enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONValue].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }
}

/// A JSON object whose members are asked for by type; DepthError names the first that is not as it should be.
struct JSONObject {
    let members: [String: JSONValue]
    let source: String
    let place: String

    init(_ value: JSONValue, source: String, place: String = "") throws {
        guard case .object(let members) = value else {
            let name = place.isEmpty ? "the whole" : String(place.dropLast())
            throw DepthError("\(source): '\(name)' must be an object")
        }
        (self.members, self.source, self.place) = (members, source, place)
    }

    func object(_ key: String, default missing: [String: JSONValue]? = nil) throws -> JSONObject {
        if let missing, members[key] == nil {
            return try JSONObject(.object(missing), source: source, place: "\(place)\(key).")
        }
        let value = try member(key)
        guard case .object = value else { throw refusal(key, "an object") }
        return try JSONObject(value, source: source, place: "\(place)\(key).")
    }

    func text(_ key: String) throws -> String {
        guard case .text(let text) = try member(key) else { throw refusal(key, "a text") }
        return text
    }

    func texts(_ key: String) throws -> [String] {
        guard case .list(let values) = try member(key) else { throw refusal(key, "a list of texts") }
        return try values.map {
            guard case .text(let text) = $0 else { throw refusal(key, "a list of texts") }
            return text
        }
    }

    func real(_ key: String) throws -> Double {
        guard case .number(let number) = try member(key) else { throw refusal(key, "a number") }
        return number
    }

    func count(_ key: String) throws -> Int {
        guard let count = Int(exactly: try real(key)), count >= 0 else {
            throw refusal(key, "a whole number of 0 or more")
        }
        return count
    }

    func numbers(_ key: String, _ allowed: String) throws -> [Double] {
        guard case .list(let values) = try member(key) else { throw refusal(key, allowed) }
        return try values.map {
            guard case .number(let number) = $0 else { throw refusal(key, allowed) }
            return number
        }
    }

    func member(_ key: String) throws -> JSONValue {
        guard let value = members[key] else { throw DepthError("\(source): '\(place)\(key)' is missing") }
        return value
    }

    func need(_ condition: Bool, _ key: String, _ allowed: String) throws {
        if !condition { throw refusal(key, allowed) }
    }

    private func refusal(_ key: String, _ allowed: String) -> DepthError {
        DepthError("\(source): '\(place)\(key)' must be \(allowed)")
    }
}
