import Foundation

/// What benchmark mode writes: the rows that `python -m bench.device` reads. What was not measured is absent.
public struct BenchmarkReport: Codable, Sendable, Equatable {
    public struct Machine: Codable, Sendable, Equatable {
        public var processor: String
        public var system: String
        public var cores: Int
        public var memoryBytes: UInt64

        public init(processor: String, system: String, cores: Int, memoryBytes: UInt64) {
            (self.processor, self.system) = (processor, system)
            (self.cores, self.memoryBytes) = (cores, memoryBytes)
        }
    }

    public struct Latency: Codable, Sendable, Equatable {
        public var median: Double
        public var p90: Double
        public var p99: Double
        public var first: Double
        public var load: Double
    }

    public struct Row: Codable, Sendable, Equatable {
        public var model: String
        public var version: String
        public var target = "coreml"
        /// The file's name: a package does not say which variant it is, its hash does.
        public var variant: String
        public var file: String
        /// Of the package, as model.json lists it: tells which of the exported files this is.
        public var sha256: String
        public var sizeBytes: Int
        public var device = "ios"
        public var delegate: String
        /// Core ML's own choice, which it does not tell; rows have a number all the same.
        public var threads = 1
        public var latencyMs: Latency
        public var prepareMs: Double
        public var finishMs: Double
        public var samplesMs: [Double]
        public var params: Int
        public var madds: Int
        /// Of the whole process; absent where an earlier row of the same launch has held as much.
        public var peakMemoryBytes: UInt64?
        /// How hot the phone was before and after: 0 nominal … 3 critical.
        public var heat: [Int]
    }

    public struct Skipped: Codable, Sendable, Equatable {
        public var what: String
        public var why: String

        public init(what: String, why: String) {
            (self.what, self.why) = (what, why)
        }
    }

    public var format = 1
    public var machine: Machine
    public var rows: [Row]
    public var skipped: [Skipped]

    public init(machine: Machine, rows: [Row] = [], skipped: [Skipped] = []) {
        (self.machine, self.rows, self.skipped) = (machine, rows, skipped)
    }

    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

extension BenchmarkReport.Row {
    /// One file on one set of compute units. Times in milliseconds, stage by stage, one a run.
    public init(
        _ model: ModelDescription, file: String, content: FolderContent, units: ComputeUnits, load: Double,
        first: Double, runs: [StageTimes], peakMemoryBytes: UInt64?, heat: [Heat]
    ) {
        let latency = Summary(runs.map(\.infer))
        self.init(
            model: model.name, version: model.version,
            variant: URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent, file: file,
            sha256: content.sha256, sizeBytes: content.sizeBytes, delegate: units.rawValue,
            latencyMs: BenchmarkReport.Latency(
                median: latency.median, p90: latency.p90, p99: latency.p99, first: first, load: load),
            prepareMs: Summary(runs.map(\.prepare)).median, finishMs: Summary(runs.map(\.draw)).median,
            samplesMs: runs.map(\.infer), params: model.params, madds: model.madds,
            peakMemoryBytes: peakMemoryBytes, heat: heat.map(\.rawValue))
    }
}
