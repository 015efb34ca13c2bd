// The simulator's own random numbers: one seed gives the same numbers on every machine and with every version of the library. Nothing
// else in the simulator may be random.

/// xoshiro256** (Blackman, Vigna), its state filled by SplitMix64.
struct SimulationRandom: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(seed: UInt64) {
        var counter = seed
        func fill() -> UInt64 {
            counter &+= 0x9E37_79B9_7F4A_7C15
            var word = counter
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
        state = (fill(), fill(), fill(), fill())
    }

    mutating func next() -> UInt64 {
        func rotated(_ word: UInt64, _ by: UInt64) -> UInt64 { word << by | word >> (64 - by) }
        let result = rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }

    /// A generator of its own, so that more draws in one place change nothing in another.
    mutating func fork() -> SimulationRandom { SimulationRandom(seed: next()) }

    /// A number below `bound`; 0 when `bound` is 0.
    mutating func below(_ bound: UInt64) -> UInt64 { bound == 0 ? 0 : next() % bound }

    mutating func below(_ bound: Int) -> Int { Int(below(UInt64(max(0, bound)))) }

    /// A number in the closed range.
    mutating func between(_ low: UInt64, _ high: UInt64) -> UInt64 { low + below(high &- low &+ 1) }

    mutating func chance(permille: Int) -> Bool { below(1000) < permille }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var result = elements
        for index in result.indices.reversed() { result.swapAt(index, below(index + 1)) }
        return result
    }
}
