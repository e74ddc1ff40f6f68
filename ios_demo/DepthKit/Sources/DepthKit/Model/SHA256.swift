import Foundation

/// SHA-256 (FIPS 180-4): the same code on every system, Linux has no CryptoKit.
enum SHA256 {
    static func hex(_ data: Data) -> String {
        digest([UInt8](data)).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state = initial
        var schedule = [UInt32](repeating: 0, count: 64)
        let whole = message.count / 64 * 64
        for start in stride(from: 0, to: whole, by: 64) {
            mix(message[start..<(start + 64)], into: &state, &schedule)
        }
        let tail = Array(message[whole...]) + padding(of: message.count)
        for start in stride(from: 0, to: tail.count, by: 64) {
            mix(tail[start..<(start + 64)], into: &state, &schedule)
        }
        return state.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }

    /// A one bit, zeros, and the length in bits: what fills the last block.
    private static func padding(of count: Int) -> [UInt8] {
        let zeros = (119 - count % 64) % 64
        let bits = UInt64(count) * 8
        let length = stride(from: 56, through: 0, by: -8).map {
            UInt8(truncatingIfNeeded: bits >> UInt64($0))
        }
        return [0x80] + [UInt8](repeating: 0, count: zeros) + length
    }

    private static func mix(_ block: ArraySlice<UInt8>, into state: inout [UInt32], _ w: inout [UInt32]) {
        for i in 0..<16 {
            let at = block.startIndex + 4 * i
            let high = UInt32(block[at]) << 24 | UInt32(block[at + 1]) << 16
            w[i] = high | UInt32(block[at + 2]) << 8 | UInt32(block[at + 3])
        }
        for i in 16..<64 {
            let s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >> 3)
            let s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >> 10)
            w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
        }
        var v = state
        for i in 0..<64 {
            round(&v, constants[i] &+ w[i])
        }
        for i in 0..<8 {
            state[i] = state[i] &+ v[i]
        }
    }

    private static func round(_ v: inout [UInt32], _ addend: UInt32) {
        let s1 = turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)
        let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
        let first = v[7] &+ s1 &+ choice &+ addend
        let s0 = turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)
        let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
        (v[7], v[6], v[5]) = (v[6], v[5], v[4])
        v[4] = v[3] &+ first
        (v[3], v[2], v[1]) = (v[2], v[1], v[0])
        v[0] = first &+ s0 &+ majority
    }

    private static func turn(_ x: UInt32, _ by: UInt32) -> UInt32 {
        x >> by | x << (32 - by)
    }

    /// The first 32 bits of the fractions of the square roots of the first 8 primes …
    private static let initial: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
        0x5be0_cd19,
    ]
    /// … and of the cube roots of the first 64.
    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4,
        0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7,
        0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc,
        0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351,
        0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e,
        0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585,
        0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f,
        0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7,
        0xc671_78f2,
    ]
}
