// How many attesters a compact certificate reveals, and which: the number from the weights by exact arithmetic, the choice from a hash of
// everything that is claimed (Fiat–Shamir).

/// The choice of what a compact certificate reveals.
public enum CompactCertificateCoins {
    /// The most coins that a certificate may need: signed weight of 1.1 times the proven weight is enough for 2^-256.
    public static let maximum = 2048

    /// The least r with signed^r ≥ 2^strength · proven^r: an adversary whose valid signatures weigh `proven` at most answers r coins with
    /// probability (proven / signed)^r ≤ 2^-strength.
    ///
    /// Exact: the powers are compared as whole numbers. The work is bounded by `limit`²/2 products of words.
    ///
    /// - Returns: nil if `signed` is not above `proven`, or if r would be above `limit`.
    public static func count(signed: UInt64, proven: UInt64, strength: Int, limit: Int = maximum) -> Int? {
        guard signed > proven, (1...1 << 16).contains(strength) else { return nil }
        let divisor = greatestCommonDivisor(signed, proven)
        var (left, right) = (BigNatural(1), BigNatural(1))
        right.shift(by: strength)
        for count in stride(from: 1, through: limit, by: 1) {
            left.multiply(by: signed / divisor)
            right.multiply(by: proven / divisor)
            if left >= right { return count }
        }
        return nil
    }

    private static func greatestCommonDivisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
        var (larger, smaller) = (first, second)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        return larger
    }

    /// `count` numbers below `weight`, from SHAKE256 of `seed`.
    ///
    /// The output is read as little-endian 64-bit words; words at or above the largest multiple of `weight` are passed over, so that every
    /// number is equally likely; the others are reduced modulo `weight`.
    public static func coins(seed: [UInt8], weight: UInt64, count: Int) -> [UInt64] {
        guard weight > 0, count > 0 else { return [] }
        // 2^64 mod weight words at the top have no full multiple.
        let excess = (UInt64.max % weight + 1) % weight
        var shake = SHAKE(.shake256)
        shake.absorb(seed)
        var output = shake.output
        var coins: [UInt64] = []
        coins.reserveCapacity(count)
        while coins.count < count {
            let value = output.next(8).reversed().reduce(UInt64.zero) { $0 << 8 | UInt64($1) }
            if value <= UInt64.max - excess { coins.append(value % weight) }
        }
        return coins
    }
}
