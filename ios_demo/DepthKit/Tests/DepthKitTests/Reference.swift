import Foundation

@testable import DepthKit

/// What Python computed: the folder that `python -m tests.ios.reference` wrote, named by DEPTHKIT_REFERENCE.
struct Reference: Sendable {
    static let variable = "DEPTHKIT_REFERENCE"
    static let missing = "no \(variable): `make test-ios` writes the reference and sets it"
    static let folder: URL? = ProcessInfo.processInfo.environment[variable].map { URL(fileURLWithPath: $0) }
    static var isThere: Bool { folder != nil }

    let cases: Cases
    let url: URL

    init() throws {
        guard let folder = Self.folder else { throw DepthError(Self.missing) }
        url = folder
        cases = try Self.decoded(Cases.self, folder.appendingPathComponent("cases.json"))
    }

    var artifact: URL { url.appendingPathComponent("artifact") }
    var golden: URL { artifact.appendingPathComponent("golden") }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: url.appendingPathComponent("cases/\(name)")))
    }

    func map(_ name: String, _ size: [Int]) throws -> LogDisparity {
        try LogDisparity(size: Size(size), littleEndian: Data(bytes(name)))
    }

    func floats(_ name: String) throws -> [Float] {
        let bytes = try bytes(name)
        return try LogDisparity(size: Size([1, bytes.count / 4]), littleEndian: Data(bytes)).values
    }

    func picture(_ name: String, _ size: [Int]) throws -> Picture {
        try Picture(size: Size(size), rgb: bytes(name))
    }

    static func decoded<T: Decodable>(_ type: T.Type, _ url: URL) throws -> T {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(contentsOf: url))
    }
}

extension Size {
    init(_ sides: [Int]) {
        self.init(height: sides[0], width: sides[1])
    }
}

struct Cases: Decodable, Sendable {
    struct FitCase: Decodable, Sendable {
        let photo, mode, network, map, photoMap: String
        let photoSize, size, box: [Int]
        let pad: [UInt8]

        var fit: Fit {
            Fit(mode: mode == "stretch" ? .stretch : .letterbox, pad: RGB(pad[0], pad[1], pad[2]))
        }
    }

    struct Orientation: Decodable, Sendable {
        let exif: Int
        let stored, upright: String
        let storedSize, uprightSize: [Int]
    }

    struct Cloud: Decodable, Sendable {
        let map, picture, points, ply: String
        let size, box, photoSize: [Int]
        let focalPx: Double?
    }

    struct Depth: Decodable, Sendable {
        let name, map, colours, depth16: String
        let size: [Int]
        let limits: [Double]?
    }

    let fits: [FitCase]
    let orientations: [Orientation]
    let clouds: [Cloud]
    let depth: [Depth]
}

/// The largest difference of two arrays of one length; infinite where the lengths differ.
func largestDifference<T: BinaryInteger>(_ a: [T], _ b: [T]) -> Int {
    a.count == b.count ? zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0 : Int.max
}

/// The largest |a − b| / max(|b|, floor); infinite where the lengths differ.
func largestRelative(_ a: [Float], _ b: [Float], floor: Float = 1e-6) -> Float {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) / max(abs($1), floor) }.max() ?? 0 : .infinity
}
