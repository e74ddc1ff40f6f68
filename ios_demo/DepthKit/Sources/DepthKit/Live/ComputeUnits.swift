/// Where Core ML may run the network.
public enum ComputeUnits: String, Sendable, CaseIterable, Identifiable, Codable {
    case all
    case neuralEngine = "ane"
    case gpu
    case cpu

    public var id: String { rawValue }

    /// For people.
    public var title: String {
        switch self {
        case .all: "All"
        case .neuralEngine: "Neural Engine"
        case .gpu: "GPU"
        case .cpu: "CPU"
        }
    }
}
