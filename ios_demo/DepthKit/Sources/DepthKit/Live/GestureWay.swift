/// How far a gesture has come, to make steps of what tells its whole way each time.
///
/// The system ends gestures without a word, when a call comes or a second finger is put down: so one with
/// another start is a new one, whether or not the last was told to have ended.
public struct GestureWay<Start: Equatable & Sendable, Whole: Sendable>: Sendable {
    private var last: (start: Start, whole: Whole)?

    public init() {}

    /// What had been done before this step; `nothing` for the first one.
    public mutating func advance(from start: Start, to whole: Whole, nothing: Whole) -> Whole {
        defer { last = (start, whole) }
        guard let last, last.start == start else { return nothing }
        return last.whole
    }

    public mutating func end() {
        last = nil
    }
}
