/// Which camera frames are worked on: no more a second than `Heat` allows, the others are dropped.
public struct FramePacer: Sendable {
    private var last: Double?
    public private(set) var dropped = 0

    /// Frames do not come to the millisecond: one that is this share of the interval early is taken.
    private static let jitter = 0.2

    public init() {}

    /// seconds: the frame's time, of a clock that never goes back.
    public mutating func admits(frameAt seconds: Double, heat: Heat) -> Bool {
        let interval = (1 - Self.jitter) / heat.framesPerSecond
        if let last, seconds >= last, seconds - last < interval {
            dropped += 1
            return false
        }
        last = seconds
        return true
    }
}
