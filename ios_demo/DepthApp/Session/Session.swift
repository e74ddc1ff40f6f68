import DepthKit
import Foundation
import Observation

/// The chosen model, loaded: what all pages share.
@MainActor @Observable
final class Session {
    enum State {
        case nothing
        case loading
        case ready(DepthPipeline)
        case failed(String)
    }

    private(set) var state = State.nothing
    private(set) var models: [StoredModel] = []
    private(set) var chosen: StoredModel?
    /// That a model is being opened, or why one was not opened or removed. The chosen one stays in use.
    private(set) var message: String?
    var units = ComputeUnits.all {
        didSet { if units != oldValue { unitsChanged() } }
    }
    private let library = ModelLibrary.ofThisApp
    private var loading: Task<Void, Never>?
    private var opening: Task<Void, Never>?

    static let unitsKey = "computeUnits"
    static let modelKey = "model"

    var pipeline: DepthPipeline? {
        if case .ready(let pipeline) = state { return pipeline }
        return nil
    }

    /// What is to be said; nil where all is well.
    var notice: String? {
        if let message { return message }
        return switch state {
        case .nothing: "No model: export one with python -m export.all --target coreml, and open it here."
        case .loading: "Loading the model…"
        case .failed(let why): why
        case .ready: nil
        }
    }

    /// The model and compute units of the last time.
    func start() async {
        let remembered = UserDefaults.standard
        units = remembered.string(forKey: Self.unitsKey).flatMap(ComputeUnits.init(rawValue:)) ?? .all
        models = library.models()
        let name = remembered.string(forKey: Self.modelKey)
        if let model = models.first(where: { $0.name == name }) ?? models.first { choose(model) }
    }

    func choose(_ model: StoredModel) {
        (chosen, message) = (model, nil)
        UserDefaults.standard.set(model.name, forKey: Self.modelKey)
        load()
    }

    private func unitsChanged() {
        UserDefaults.standard.set(units.rawValue, forKey: Self.unitsKey)
        load()
    }

    /// A .mlpackage from Files or another app: copied, so that it stays, once it was found fit.
    func open(_ picked: Result<URL, any Error>) {
        message = "Opening the model…"
        opening = Task { [library, before = opening] in
            await before?.value
            do {
                let model = try await Self.added(picked.get(), to: library)
                models = library.models()
                choose(model)
            } catch {
                message = error.localizedDescription
            }
        }
    }

    /// Throws DepthError for a model that does not fit; it leaves nothing behind.
    private nonisolated static func added(_ url: URL, to library: ModelLibrary) async throws -> StoredModel {
        let isGuarded = url.startAccessingSecurityScopedResource()
        defer { if isGuarded { url.stopAccessingSecurityScopedResource() } }
        _ = try await DepthModel.load(url, units: .cpu, compiled: .ofThisApp)
        return try library.add(url)
    }

    func remove(_ model: StoredModel) {
        do {
            try library.remove(model)
        } catch {
            message = error.localizedDescription
        }
        models = library.models()
        if models.contains(where: { $0 == chosen }) { return }
        loading?.cancel()
        (chosen, state) = (nil, .nothing)
        if let model = models.first { choose(model) }
    }

    private func load() {
        guard let chosen else { return }
        loading?.cancel()
        state = .loading
        loading = Task { [units] in
            let loaded = await Self.loaded(chosen, units)
            if !Task.isCancelled { state = loaded }
        }
    }

    private static func loaded(_ model: StoredModel, _ units: ComputeUnits) async -> State {
        do {
            let loaded = try await DepthModel.load(model.url, units: units, compiled: .ofThisApp)
            return .ready(try DepthPipeline(loaded))
        } catch {
            return .failed(error.localizedDescription)
        }
    }
}

extension ModelLibrary {
    /// Models: a folder in the app's bundle. What was opened lies in Application Support.
    static var ofThisApp: ModelLibrary {
        ModelLibrary(
            bundled: Bundle.main.resourceURL?.appendingPathComponent("Models"),
            opened: URL.applicationSupportDirectory.appendingPathComponent("Models"))
    }
}

extension CompiledModels {
    static var ofThisApp: CompiledModels {
        CompiledModels(in: URL.cachesDirectory.appendingPathComponent("CompiledModels"))
    }
}
