#if canImport(CoreML)
import CoreML
import Foundation

/// Models as this phone compiled them, kept by the hash of their package and the system's version: the second
/// start is quick.
public struct CompiledModels: Sendable {
    public let folder: URL

    public init(in folder: URL) {
        self.folder = folder
    }

    /// A compiled model. isOld: kept from an earlier time, so that it may have been damaged since.
    public struct Kept: Sendable {
        public let url: URL
        public let isOld: Bool
    }

    /// The compiled form of a .mlpackage; one that is compiled already is taken as it is.
    public func model(of package: URL) async throws -> Kept {
        if package.pathExtension == "mlmodelc" { return Kept(url: package, isOld: false) }
        guard package.pathExtension == "mlpackage" else {
            throw DepthError(
                "\(package.lastPathComponent): not a .mlpackage; python -m export.all writes one")
        }
        let kept = folder.appendingPathComponent(try name(of: package))
        if FileManager.default.fileExists(atPath: kept.path) { return Kept(url: kept, isOld: true) }
        let compiled: URL
        do {
            compiled = try await MLModel.compileModel(at: package)
        } catch {
            let why = error.localizedDescription
            throw DepthError("\(package.lastPathComponent): Core ML does not compile it (\(why))")
        }
        return Kept(url: try keep(compiled, as: kept), isOld: false)
    }

    /// Makes `model` compile anew.
    func forget(_ kept: Kept) throws {
        try FileManager.default.removeItem(at: kept.url)
    }

    private func name(of package: URL) throws -> String {
        let system = ProcessInfo.processInfo.operatingSystemVersion
        let version = "\(system.majorVersion).\(system.minorVersion).\(system.patchVersion)"
        return "\(try FolderContent(package).sha256)-\(version).mlmodelc"
    }

    /// Moved in one step, so that nothing half-written stays.
    private func keep(_ compiled: URL, as kept: URL) throws -> URL {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        do {
            try FileManager.default.moveItem(at: compiled, to: kept)
        } catch {
            guard FileManager.default.fileExists(atPath: kept.path) else { throw error }
            try? FileManager.default.removeItem(at: compiled)  // another task was first
        }
        return kept
    }
}
#endif
