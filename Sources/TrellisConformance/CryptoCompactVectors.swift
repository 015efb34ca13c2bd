// Vectors of compact certificates: how many attesters are revealed, by whole numbers, and which coins a seed gives.

import TrellisCrypto

enum CryptoCompactVectors {
    /// More than a certificate may have, so that vectors beyond our bound can be run too.
    private static let limit = 1 << 14

    static func reveals(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let count = CompactCertificateCoins.count(
            signed: try test.weight("signedWeight"), proven: try test.weight("provenWeight"), strength: try test.integer("target"),
            limit: limit)
        let expected = try test.integer("exactReveals")
        if count == nil, expected > limit { return .skipped("compact certificates with more than \(limit) reveals") }
        return count == expected ? .agrees : .differs(expected: "\(expected)", actual: count.map(String.init) ?? "none")
    }

    static func coins(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        let expected = try test.texts("coins")
        let coins = CompactCertificateCoins.coins(
            seed: try test.hex("seed"), weight: try test.weight("signedWeight"), count: expected.count)
        let actual = coins.map(String.init)
        return actual == expected ? .agrees : .differs(expected: "\(expected.prefix(4))…", actual: "\(actual.prefix(4))…")
    }
}

extension CryptoVector {
    /// A number of 64 bits, as a number or as decimal text.
    fileprivate func weight(_ name: String) throws -> UInt64 {
        guard let text = text(name) else { return try size(name) }
        guard let value = UInt64(text) else { throw VectorError(description: "\"\(name)\" is no weight") }
        return value
    }
}
