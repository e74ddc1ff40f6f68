/// The version of the toolkit that this package belongs to.
public enum DepthKitVersion {
    public static let text = "0.1.0"
}
