// UIKit, and what Foundation on Linux lacks, as far as the app uses them.
@_exported import CoreGraphics

@MainActor open class UIView: NSObject {
    override public nonisolated init() {}
    open func setNeedsDisplay() {}
}

@MainActor open class UIApplication: NSObject {
    override nonisolated init() {}
    open class var shared: UIApplication { UIApplication() }
    public static nonisolated let openSettingsURLString = ""
    open var isIdleTimerDisabled: Bool {
        get { false }
        set {}
    }
}

extension ProcessInfo {
    public enum ThermalState: Int, Sendable {
        case nominal, fair, serious, critical
    }
    public var thermalState: ThermalState { .nominal }
}

extension URL {
    public static var applicationSupportDirectory: URL { URL(fileURLWithPath: "") }
    public static var cachesDirectory: URL { URL(fileURLWithPath: "") }
    public static var documentsDirectory: URL { URL(fileURLWithPath: "") }
    public func startAccessingSecurityScopedResource() -> Bool { false }
    public func stopAccessingSecurityScopedResource() {}
}
