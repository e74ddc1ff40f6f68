import DepthKit
import Foundation

/// The command line: a name, files in, a file out.
struct Command {
    let arguments: [String]

    static let usage = """
        usage: depthkit cloud input.rgb log_disparity.f32 model.json out.ply
               depthkit depth log_disparity.f32 model.json out.png

        cloud: the coloured points of the network's output as PLY, the same as Python's to the byte
        depth: disparity as PNG of 16 bits, the nearest pixel 65535

        input.rgb: the network's picture, height·width·3 bytes · log_disparity.f32: height·width little-endian
        floats · model.json: says the size. The focal length is assumed: 60° from left to right.
        """

    func run() throws {
        if arguments.contains("--help") || arguments.contains("-h") {
            print(Self.usage)
            return
        }
        if arguments == ["--version"] {
            print("depthkit \(DepthKitVersion.text)")
            return
        }
        switch (arguments.first, arguments.count) {
        case ("cloud", 5): try cloud(arguments[1], arguments[2], arguments[3], to: arguments[4])
        case ("depth", 4): try depth(arguments[1], arguments[2], to: arguments[3])
        default: throw DepthError("\(arguments.first ?? "nothing"): not a call that is known; see --help")
        }
    }

    private func cloud(_ rgb: String, _ map: String, _ model: String, to out: String) throws {
        let size = try size(of: model)
        let picture = try named(rgb) { try Picture(size: size, rgb: [UInt8](content(of: rgb))) }
        let output = try named(map) { try LogDisparity(size: size, littleEndian: content(of: map)) }
        let focal = try Focal(width: size.width)
        let cloud = try PointCloud(output.checked(), picture: picture, focal: focal)
        try write(cloud.ply(), to: out)
        note("\(cloud.count) points; \(Int(Focal.defaultFovDegrees))° of horizontal field of view assumed")
    }

    private func depth(_ map: String, _ model: String, to out: String) throws {
        let size = try size(of: model)
        let output = try named(map) { try LogDisparity(size: size, littleEndian: content(of: map)) }
        try write(output.depthPNG(), to: out)
    }

    private func size(of model: String) throws -> Size {
        let description = try ModelDescription(json: content(of: model), source: model, in: .metadata)
        return Size(height: description.height, width: description.width)
    }

    private func content(of path: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw DepthError("\(path): cannot be read")
        }
    }

    private func write(_ data: Data, to path: String) throws {
        do {
            try data.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw DepthError("\(path): cannot be written")
        }
    }

    private func named<T>(_ path: String, _ read: () throws -> T) throws -> T {
        do {
            return try read()
        } catch let error as DepthError where !error.description.hasPrefix(path) {
            throw DepthError("\(path): \(error)")
        }
    }

    private func note(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}
