// Natural numbers of any size, with the few operations that comparing two powers exactly takes.

/// A natural number, as 64-bit words with the least significant first and no zero on top.
struct BigNatural: Equatable, Comparable {
    private var words: [UInt64]

    init(_ value: UInt64) { words = value == 0 ? [] : [value] }

    /// Multiplies by one word.
    mutating func multiply(by factor: UInt64) {
        guard factor != 0 else { return words = [] }
        var carry: UInt64 = 0
        for index in words.indices {
            let (high, low) = words[index].multipliedFullWidth(by: factor)
            let (sum, overflow) = low.addingReportingOverflow(carry)
            words[index] = sum
            // high is at most 2^64 - 2, so this cannot overflow.
            carry = high &+ (overflow ? 1 : 0)
        }
        if carry != 0 { words.append(carry) }
    }

    /// Multiplies by 2^`bits`.
    mutating func shift(by bits: Int) {
        for _ in 0..<(bits % 64) { multiply(by: 2) }
        if !words.isEmpty { words.insert(contentsOf: [UInt64](repeating: 0, count: bits / 64), at: 0) }
    }

    static func < (left: BigNatural, right: BigNatural) -> Bool {
        if left.words.count != right.words.count { return left.words.count < right.words.count }
        for (leftWord, rightWord) in zip(left.words.reversed(), right.words.reversed()) where leftWord != rightWord {
            return leftWord < rightWord
        }
        return false
    }
}
