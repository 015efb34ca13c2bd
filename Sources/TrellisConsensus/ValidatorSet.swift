// A set of validators as bits. Nothing else.

import TrellisModel

struct ValidatorSet: Sendable, Equatable {
    /// The first 64 validators, and the others; most committees need no memory but this.
    private var first: UInt64 = 0
    private var others: [UInt64] = []

    mutating func insert(_ validator: ValidatorIndex) {
        let bit: UInt64 = 1 << (UInt64(validator) % 64)
        guard validator >= 64 else { return first |= bit }
        let word = Int(validator) / 64 - 1
        if word >= others.count { others.append(contentsOf: repeatElement(0, count: word + 1 - others.count)) }
        others[word] |= bit
    }

    /// Adds all of `more`; false when they were in already.
    @discardableResult
    mutating func formUnion(_ more: ValidatorSet) -> Bool {
        var hasGrown = more.first & ~first != 0
        first |= more.first
        if others.count < more.others.count { others.append(contentsOf: repeatElement(0, count: more.others.count - others.count)) }
        for (place, word) in more.others.enumerated() where word & ~others[place] != 0 {
            others[place] |= word
            hasGrown = true
        }
        return hasGrown
    }

    /// Ascending.
    var members: [ValidatorIndex] {
        var members: [ValidatorIndex] = []
        for (place, word) in ([first] + others).enumerated() {
            var rest = word
            while rest != 0 {
                members.append(ValidatorIndex(64 * place + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return members
    }
}
