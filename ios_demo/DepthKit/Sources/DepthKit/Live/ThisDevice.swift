import Foundation

/// What the system says of the device and of this process.
public enum ThisDevice {
    public static var machine: BenchmarkReport.Machine {
        let process = ProcessInfo.processInfo
        return BenchmarkReport.Machine(
            processor: identifier, system: system(process.operatingSystemVersionString),
            cores: process.processorCount, memoryBytes: process.physicalMemory)
    }

    /// Such as iOS 26.1 (Build 23B85): Apple's systems say "Version", and not which of them they are.
    static func system(_ version: String) -> String {
        #if os(iOS)
        let name = "iOS "
        #elseif os(macOS)
        let name = "macOS "
        #else
        let name = ""
        #endif
        return name + (version.hasPrefix("Version ") ? String(version.dropFirst(8)) : version)
    }

    /// Such as iPhone17,1.
    static var identifier: String {
        var names = utsname()
        uname(&names)
        return withUnsafeBytes(of: &names.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// The most memory that this process has held; nil where the system does not say.
    public static var peakMemoryBytes: UInt64? {
        var usage = rusage()
        #if canImport(Darwin)
        guard getrusage(RUSAGE_SELF, &usage) == 0 else { return nil }
        return UInt64(usage.ru_maxrss)
        #else
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        return UInt64(usage.ru_maxrss) * 1024
        #endif
    }
}
