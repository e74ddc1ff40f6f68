import Foundation

extension PointCloud {
    /// PLY, binary little-endian: `float x y z`, `uchar red green blue`, 15 bytes a point.
    public func ply() -> Data {
        var lines = ["ply", "format binary_little_endian 1.0", "element vertex \(count)"]
        lines += ["x", "y", "z"].map { "property float \($0)" }
        lines += ["red", "green", "blue"].map { "property uchar \($0)" }
        lines.append("end_header\n")
        var bytes = [UInt8](lines.joined(separator: "\n").utf8)
        bytes.reserveCapacity(bytes.count + count * 15)
        for i in stride(from: 0, to: positions.count, by: 3) {
            for axis in i..<(i + 3) {
                let bits = positions[axis].bitPattern
                bytes.append(UInt8(truncatingIfNeeded: bits))
                bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
                bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
                bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
            }
            bytes.append(contentsOf: colours[i..<(i + 3)])
        }
        return Data(bytes)
    }
}
