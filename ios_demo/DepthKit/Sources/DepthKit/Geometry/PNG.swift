import Foundation

/// PNG of one channel of 16 bits. Not compressed: disparity hardly shrinks, and it is the same everywhere.
enum PNG {
    private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let grayOf16Bits: [UInt8] = [16, 0, 0, 0, 0]  // depth, colour type, three methods
    private static let longestBlock = 65535

    static func gray16(_ values: [UInt16], size: Size) throws -> Data {
        guard size.area > 0, values.count == size.area else {
            throw DepthError("\(values.count) values are no picture of \(size)")
        }
        let header = bigEndian(UInt32(size.width)) + bigEndian(UInt32(size.height)) + grayOf16Bits
        let picture = zlib(scanlines(values, width: size.width))
        let chunks = chunk("IHDR", header) + chunk("IDAT", picture) + chunk("IEND", [])
        return Data(signature + chunks)
    }

    /// Each row begins with its filter, 0: none.
    private static func scanlines(_ values: [UInt16], width: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 2 + values.count / width)
        for (i, value) in values.enumerated() {
            if i % width == 0 { bytes.append(0) }
            bytes.append(UInt8(value >> 8))
            bytes.append(UInt8(truncatingIfNeeded: value))
        }
        return bytes
    }

    /// Blocks that are stored as they are: last or not, length, its complement, bytes.
    private static func zlib(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        out.reserveCapacity(bytes.count + bytes.count / longestBlock * 5 + 16)
        for start in stride(from: 0, to: bytes.count, by: longestBlock) {
            let block = bytes[start..<min(start + longestBlock, bytes.count)]
            let length = UInt16(block.count)
            out.append(block.endIndex == bytes.count ? 1 : 0)
            for half in [length, ~length] {
                out.append(UInt8(truncatingIfNeeded: half))
                out.append(UInt8(half >> 8))
            }
            out.append(contentsOf: block)
        }
        return out + bigEndian(adler32(bytes))
    }

    private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = [UInt8](type.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
    }

    private static func bigEndian(_ word: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
    }

    static func adler32(_ bytes: [UInt8]) -> UInt32 {
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65521
            b = (b + a) % 65521
        }
        return b << 16 | a
    }

    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in crcTable[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
    }

    private static let crcTable: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }
}
