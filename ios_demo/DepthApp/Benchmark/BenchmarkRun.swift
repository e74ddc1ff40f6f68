import DepthKit
import Foundation

/// Every model that the app has on every set of compute units, one after the other.
struct BenchmarkRun: Sendable {
    let options: BenchmarkOptions
    let library = ModelLibrary.ofThisApp
    let tell: @Sendable (String) -> Void

    /// The size of a camera's frame.
    private static let photo = Size(height: 480, width: 640)

    /// Throws DepthError where there is nothing to measure.
    func report() async throws -> BenchmarkReport {
        let models = try options.chosen(of: library.models())
        let photo = try Self.noise()
        var report = BenchmarkReport(machine: ThisDevice.machine)
        for model in models {
            for units in options.units {
                tell("\(model.name) on \(units.title)")
                do {
                    report.rows.append(try await row(model, units, photo))
                } catch {
                    let what = "\(model.url.lastPathComponent) on \(units.rawValue)"
                    report.skipped.append(.init(what: what, why: error.localizedDescription))
                }
            }
        }
        return report
    }

    private func row(_ model: StoredModel, _ units: ComputeUnits, _ photo: Picture) async throws
        -> BenchmarkReport.Row
    {
        let clock = ContinuousClock()
        let (heat, peak) = (Heat.now, ThisDevice.peakMemoryBytes ?? 0)
        let compiled = try await CompiledModels.ofThisApp.model(of: model.url).url
        let start = clock.now
        let loaded = try await DepthModel.load(compiled: compiled, of: model.url, units: units)
        let load = start.duration(to: clock.now).milliseconds
        let pipeline = try DepthPipeline(loaded)
        let first = try await pipeline.run(photo).inferMs
        for _ in 0..<options.warmUp { _ = try await pipeline.run(photo) }
        var runs: [StageTimes] = []
        for _ in 0..<options.runs { runs.append(try await timed(pipeline, photo)) }
        let content = try FolderContent(model.url)
        let held = ThisDevice.peakMemoryBytes.flatMap { $0 > peak ? $0 : nil }
        return BenchmarkReport.Row(
            loaded.description, file: model.url.lastPathComponent, content: content, units: units, load: load,
            first: first, runs: runs, peakMemoryBytes: held, heat: [heat, Heat.now])
    }

    /// What follows the network: the map at the photo's size.
    private func timed(_ pipeline: DepthPipeline, _ photo: Picture) async throws -> StageTimes {
        let clock = ContinuousClock()
        let result = try await pipeline.run(photo)
        let start = clock.now
        _ = try result.resized()
        let finish = start.duration(to: clock.now).milliseconds
        return StageTimes(prepare: result.prepareMs, infer: result.inferMs, draw: finish)
    }

    /// The same picture each time. Speed does not depend on what it shows.
    private static func noise() throws -> Picture {
        var state: UInt32 = 1
        let bytes = (0..<(photo.area * 3)).map { _ -> UInt8 in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
        return try Picture(size: photo, rgb: bytes)
    }
}
