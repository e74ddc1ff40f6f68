import Foundation

/// An exported folder: model.json and the files that it lists.
public struct ModelFolder: Sendable {
    public let url: URL
    public let description: ModelDescription

    public init(_ url: URL) throws {
        let file = url.appendingPathComponent(ModelDescription.fileName)
        guard let json = try? Data(contentsOf: file) else {
            throw DepthError("\(file.path): no such file; python -m export.all writes it")
        }
        self.url = url
        description = try ModelDescription(json: json, source: file.path, in: .folder)
    }

    /// The file of `role`, after its size and hash were checked.
    public func file(_ role: String) throws -> URL {
        guard let entry = description.files[role] else {
            let known = description.files.keys.sorted().joined(separator: ", ")
            throw DepthError("\(url.path)/\(ModelDescription.fileName): has no file '\(role)' (\(known))")
        }
        let file = url.appendingPathComponent(entry.path)
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw DepthError("\(file.path): is missing, though model.json lists it; export the model again")
        }
        let content = try FolderContent(file)
        guard content.sizeBytes == entry.sizeBytes, content.sha256 == entry.sha256 else {
            throw DepthError("\(file.path): is not the file that model.json lists (its SHA-256 differs)")
        }
        return file
    }
}

/// Size and hash of a file, or of a folder: the sum, and the hash of its sorted lines `path sha256`.
public struct FolderContent: Sendable, Equatable {
    public let sizeBytes: Int
    public let sha256: String

    public init(_ url: URL) throws {
        let members = try Self.members(of: url)
        guard let members else {
            let bytes = try Data(contentsOf: url)
            (sizeBytes, sha256) = (bytes.count, SHA256.hex(bytes))
            return
        }
        let contents = try members.map {
            try (path: $0, data: Data(contentsOf: url.appendingPathComponent($0)))
        }
        sizeBytes = contents.reduce(0) { $0 + $1.data.count }
        let lines = contents.map { "\($0.path) \(SHA256.hex($0.data))" }
        let sorted = lines.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
        sha256 = SHA256.hex(Data(sorted.joined(separator: "\n").utf8))
    }

    /// Paths of all files below a folder, relative to it; nil for a file.
    private static func members(of url: URL) throws -> [String]? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw DepthError("\(url.path): no such file")
        }
        guard isFolder.boolValue else { return nil }
        return try FileManager.default.subpathsOfDirectory(atPath: url.path).filter { path in
            var below: ObjCBool = false
            let full = url.appendingPathComponent(path).path
            return FileManager.default.fileExists(atPath: full, isDirectory: &below) && !below.boolValue
        }
    }
}
