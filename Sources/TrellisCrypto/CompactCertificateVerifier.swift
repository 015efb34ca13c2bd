// Checking a compact certificate against a commitment to a committee. Cheap checks come first: a certificate is refused before a
// signature is looked at unless its claims, paths and coins all fit.

extension CompactCertificate {
    /// Checks that attesters of more than the proven weight signed the statement's message.
    ///
    /// - Throws: `CompactCertificateError.refused`, and why.
    public func verify(_ statement: CompactStatement) throws(CompactCertificateError) {
        let attesters = statement.attesters
        guard suite == attesters.suite else { throw .refused("it uses another hash") }
        guard signedWeight <= attesters.totalWeight else { throw .refused("it claims more weight than there is") }
        try checkStretches()
        let attesterLeaves = reveals.map { (position: $0.position, hash: $0.attester.leafHash(suite)) }
        guard
            Merkle.multiproofRoot(size: attesters.count, leaves: attesterLeaves, proof: attesterPath, suite: suite) == attesters.root
        else { throw .refused("what it reveals is not of this committee") }
        let signatureLeaves = reveals.map { reveal in
            (position: reveal.position, hash: Self.signatureLeafHash(before: reveal.before, signature: reveal.signature, suite))
        }
        guard
            Merkle.multiproofRoot(size: attesters.count, leaves: signatureLeaves, proof: signaturePath, suite: suite) == signatureRoot
        else { throw .refused("what it reveals is not what it committed to") }
        guard let coins = statement.coins(signedWeight: signedWeight, signatureRoot: signatureRoot) else {
            throw .notEnoughWeight(signed: signedWeight, proven: statement.provenWeight)
        }
        try checkCoins(coins)
        for reveal in reveals {
            guard reveal.attester.hasSigned(statement, reveal.signature) else { throw .invalidSignature(reveal.position) }
        }
    }

    /// Whether attesters of more than the proven weight signed the statement's message.
    public func isValid(for statement: CompactStatement) -> Bool {
        (try? verify(statement)) != nil
    }

    /// Stretches follow one another without overlap, within the signed weight.
    private func checkStretches() throws(CompactCertificateError) {
        var end: UInt64 = 0
        for reveal in reveals {
            let (next, overflow) = reveal.before.addingReportingOverflow(reveal.attester.weight)
            guard reveal.attester.weight > 0, reveal.before >= end, !overflow, next <= signedWeight else {
                throw .refused("attester \(reveal.position) does not follow the one before it within the signed weight")
            }
            end = next
        }
    }

    /// Every coin falls on a reveal, and every reveal was asked for.
    private func checkCoins(_ coins: [UInt64]) throws(CompactCertificateError) {
        var asked: Set<Int> = []
        for coin in coins {
            let index = reveals.partitioningIndex { $0.before > coin } - 1
            guard reveals.indices.contains(index), coin < reveals[index].end else { throw .refused("a coin falls on nothing revealed") }
            asked.insert(index)
        }
        guard asked.count == reveals.count else { throw .refused("it reveals what no coin asked for") }
    }
}

/// Why a compact certificate was not made, read or accepted.
public enum CompactCertificateError: Error, Equatable, Sendable, CustomStringConvertible {
    /// These cannot be a committee.
    case attestersRefused(String)
    /// The strength is not one of `CompactStatement.strengths`.
    case strengthRefused(Int)
    /// There is no attester with this index.
    case unknownAttester(Int)
    /// There is a signature of this attester already.
    case duplicateSignature(Int)
    /// The signature of this attester is not valid.
    case invalidSignature(Int)
    /// The weight that signed is not, or not enough, above what is to be proven.
    case notEnoughWeight(signed: UInt64, proven: UInt64)
    /// The bytes are no certificate, and why.
    case malformed(String)
    /// The certificate does not prove the statement, and why.
    case refused(String)

    public var description: String {
        switch self {
        case .attestersRefused(let reason): "this is no committee: \(reason)"
        case .strengthRefused(let strength): "a strength of \(strength) bits is not in \(CompactStatement.strengths)"
        case .unknownAttester(let index): "there is no attester \(index)"
        case .duplicateSignature(let index): "attester \(index) has signed already"
        case .invalidSignature(let index): "the signature of attester \(index) is not valid"
        case .notEnoughWeight(let signed, let proven):
            "a signed weight of \(signed) is too little to prove \(proven) with \(CompactCertificateCoins.maximum) coins at most"
        case .malformed(let reason): "malformed compact certificate: \(reason)"
        case .refused(let reason): "the compact certificate is refused: \(reason)"
        }
    }
}
