import Foundation

/// A model file that the app has.
public struct StoredModel: Sendable, Hashable, Identifiable {
    public let url: URL
    public let isBundled: Bool
    public var id: URL { url }
    public var name: String { url.deletingPathExtension().lastPathComponent }
}

/// The models that came with the app, and those that the user opened.
public struct ModelLibrary: Sendable {
    public static let kinds = ["mlpackage", "mlmodelc"]

    public let bundled: URL?
    public let opened: URL

    public init(bundled: URL?, opened: URL) {
        (self.bundled, self.opened) = (bundled, opened)
    }

    /// By name; those of the app first.
    public func models() -> [StoredModel] {
        let ours = bundled.map { Self.packages(in: $0) } ?? []
        return ours.map { StoredModel(url: $0, isBundled: true) }
            + Self.packages(in: opened).map { StoredModel(url: $0, isBundled: false) }
    }

    /// A copy of an opened file, in place of an earlier one of that name. Throws DepthError for other files.
    public func add(_ url: URL) throws -> StoredModel {
        let name = url.lastPathComponent
        guard Self.kinds.contains(url.pathExtension) else {
            throw DepthError("\(name): not a .mlpackage; python -m export.all writes one")
        }
        let files = FileManager.default
        let (kept, coming) = (
            opened.appendingPathComponent(name), opened.appendingPathComponent(".\(name).tmp")
        )
        do {
            try files.createDirectory(at: opened, withIntermediateDirectories: true)
            if files.fileExists(atPath: coming.path) { try files.removeItem(at: coming) }
            try files.copyItem(at: url, to: coming)
            if files.fileExists(atPath: kept.path) { try files.removeItem(at: kept) }
            try files.moveItem(at: coming, to: kept)
        } catch {
            throw DepthError("\(name): cannot be copied into the app (\(error.localizedDescription))")
        }
        return StoredModel(url: kept, isBundled: false)
    }

    public func remove(_ model: StoredModel) throws {
        guard !model.isBundled else { throw DepthError("\(model.name): came with the app and stays") }
        try FileManager.default.removeItem(at: model.url)
    }

    private static func packages(in folder: URL) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted().map { folder.appendingPathComponent($0) }
            .filter { kinds.contains($0.pathExtension) }
    }
}
