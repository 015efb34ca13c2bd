// A set of validators as bits. Nothing else.

import TrellisModel

struct ValidatorSet: Sendable, Equatable {
    private var words: [UInt64] = []

    mutating func insert(_ validator: ValidatorIndex) {
        let word = Int(validator) / 64
        if word >= words.count { words.append(contentsOf: repeatElement(0, count: word + 1 - words.count)) }
        words[word] |= 1 << (UInt64(validator) % 64)
    }

    /// Adds all of `others`; false when they were in already.
    @discardableResult
    mutating func formUnion(_ others: ValidatorSet) -> Bool {
        if words.count < others.words.count { words.append(contentsOf: repeatElement(0, count: others.words.count - words.count)) }
        var hasGrown = false
        for (place, word) in others.words.enumerated() where word & ~words[place] != 0 {
            words[place] |= word
            hasGrown = true
        }
        return hasGrown
    }

    /// Ascending.
    var members: [ValidatorIndex] {
        var members: [ValidatorIndex] = []
        for (place, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                members.append(ValidatorIndex(64 * place + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
        return members
    }
}
