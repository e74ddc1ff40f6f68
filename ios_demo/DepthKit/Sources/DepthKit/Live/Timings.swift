/// Milliseconds that each stage of one frame took.
public struct StageTimes: Sendable, Equatable {
    /// Camera frame or photo → the network's picture.
    public var prepare: Double
    /// The network.
    public var infer: Double
    /// Output → what is shown: colours or points.
    public var draw: Double

    public init(prepare: Double, infer: Double, draw: Double) {
        (self.prepare, self.infer, self.draw) = (prepare, infer, draw)
    }
}

/// The last frames: medians of the stages, frames a second.
public struct Timings: Sendable {
    private var frames: [(seconds: Double, times: StageTimes)] = []
    private let length: Int

    public init(length: Int = 60) {
        self.length = max(2, length)
    }

    public mutating func add(_ times: StageTimes, at seconds: Double) {
        frames.append((seconds, times))
        if frames.count > length { frames.removeFirst(frames.count - length) }
    }

    /// Nil before the first frame.
    public var median: StageTimes? {
        if frames.isEmpty { return nil }
        func middle(_ stage: KeyPath<StageTimes, Double>) -> Double {
            Summary(frames.map { $0.times[keyPath: stage] }).median
        }
        return StageTimes(prepare: middle(\.prepare), infer: middle(\.infer), draw: middle(\.draw))
    }

    /// Nil before the second frame.
    public var framesPerSecond: Double? {
        guard let first = frames.first, let last = frames.last, last.seconds > first.seconds else {
            return nil
        }
        return Double(frames.count - 1) / (last.seconds - first.seconds)
    }
}

/// Median and tail of measured values; quantile q lies at q·(N − 1) of the sorted ones, linear in between.
public struct Summary: Sendable, Equatable {
    public let median: Double
    public let p90: Double
    public let p99: Double

    /// Of nothing: NaN.
    public init(_ values: [Double]) {
        let sorted = values.sorted()
        func quantile(_ q: Double) -> Double {
            guard let last = sorted.last else { return .nan }
            let place = q * Double(sorted.count - 1)
            let rank = Int(place)
            let next = rank + 1 < sorted.count ? sorted[rank + 1] : last
            return sorted[rank] + (place - Double(rank)) * (next - sorted[rank])
        }
        (median, p90, p99) = (quantile(0.5), quantile(0.9), quantile(0.99))
    }
}
