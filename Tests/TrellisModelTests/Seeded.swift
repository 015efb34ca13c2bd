// A seeded generator for the tests of this target: equal seeds, equal values, on every machine and for ever.

import TrellisCrypto
import TrellisModel

/// SplitMix64, and the drawing of values by modulus, so that no library decides what comes out.
struct Seeded {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Often small, sometimes any, sometimes the largest.
    mutating func u64() -> UInt64 {
        switch below(4) {
        case 0: UInt64(below(16))
        case 1: .max
        default: next()
        }
    }

    mutating func u32() -> UInt32 { UInt32(truncatingIfNeeded: u64()) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    mutating func digest(_ suite: HashSuite = .sha256) -> Digest { suite.hash(bytes(8)) }

    /// Text of one to four bytes a character.
    mutating func text(_ limit: Int) -> String {
        let characters = ["a", "Z", "0", " ", "\"", "\n", "é", "ß", "漢", "🌿"]
        return (0..<below(limit)).map { _ in characters[below(characters.count)] }.joined()
    }

    mutating func list<Element>(_ limit: Int, _ make: (inout Seeded) -> Element) -> [Element] {
        (0..<below(limit + 1)).map { _ in make(&self) }
    }
}
