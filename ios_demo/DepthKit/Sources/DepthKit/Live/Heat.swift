/// How hot the phone says it is, and what the app does about it.
public enum Heat: Int, Sendable, CaseIterable {
    case nominal, fair, serious, critical

    /// Frames a second at most: less work lets the phone cool down before the system slows it.
    public var framesPerSecond: Double {
        switch self {
        case .nominal, .fair: 30
        case .serious: 10
        case .critical: 2
        }
    }

    /// What the user is told; nil where all is well.
    public var notice: String? {
        switch self {
        case .nominal, .fair: nil
        case .serious: "The phone is hot: at most 10 frames a second until it has cooled down."
        case .critical: "The phone is very hot: 2 frames a second until it has cooled down."
        }
    }
}
