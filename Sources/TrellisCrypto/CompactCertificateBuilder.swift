// Collecting signatures into a compact certificate. Every signature is checked when it comes: one bad one that a coin falls on would
// make the certificate worthless.

/// Collects the signatures of a committee on one message.
public struct CompactCertificateBuilder: Sendable {
    public let statement: CompactStatement
    /// The weight of those whose signatures are here.
    public private(set) var signedWeight: UInt64 = 0
    private let attesters: [Attester]
    private var signatures: [Int: [UInt8]] = [:]

    /// - Throws: `CompactCertificateError.attestersRefused` unless the statement is about exactly these attesters.
    public init(_ statement: CompactStatement, attesters: [Attester]) throws(CompactCertificateError) {
        guard try AttesterCommitment(attesters, suite: statement.attesters.suite) == statement.attesters else {
            throw .attestersRefused("the statement is about others")
        }
        self.statement = statement
        self.attesters = attesters
    }

    /// Takes the signature of the attester at `index`.
    ///
    /// - Throws: `CompactCertificateError.unknownAttester`, `duplicateSignature`, `invalidSignature`.
    public mutating func add(_ signature: [UInt8], of index: Int) throws(CompactCertificateError) {
        guard attesters.indices.contains(index) else { throw .unknownAttester(index) }
        guard signatures[index] == nil else { throw .duplicateSignature(index) }
        guard attesters[index].hasSigned(statement, signature) else { throw .invalidSignature(index) }
        addUnchecked(signature, of: index)
    }

    /// Takes a signature that was checked elsewhere, as those in a verified block were.
    mutating func addUnchecked(_ signature: [UInt8], of index: Int) {
        signatures[index] = signature
        signedWeight += attesters[index].weight
    }

    /// The certificate of what is here.
    ///
    /// - Throws: `CompactCertificateError.notEnoughWeight`, also where the weight is above the proven one by so little that more than
    ///   `CompactCertificateCoins.maximum` coins were needed.
    public func certificate() throws(CompactCertificateError) -> CompactCertificate {
        let suite = statement.attesters.suite
        let before = weightsBefore()
        let leaves = attesters.indices.map { index in
            CompactCertificate.signatureLeafHash(before: before[index], signature: signatures[index] ?? [], suite)
        }
        let root = Merkle.root(leaves, suite: suite)
        guard let coins = statement.coins(signedWeight: signedWeight, signatureRoot: root) else {
            throw .notEnoughWeight(signed: signedWeight, proven: statement.provenWeight)
        }
        // The last attester whose stretch begins at the coin or before it; those who did not sign have an empty one, before the next.
        let positions = Set(coins.map { coin in before.partitioningIndex { $0 > coin } - 1 }).sorted()
        let reveals = positions.map { position in
            CompactCertificate.Reveal(
                position: position, attester: attesters[position], before: before[position], signature: signatures[position] ?? [])
        }
        let attesterLeaves = attesters.map { $0.leafHash(suite) }
        return CompactCertificate(
            suite: suite, signedWeight: signedWeight, signatureRoot: root, reveals: reveals,
            attesterPath: Merkle.multiproof(positions: positions, leafHashes: attesterLeaves, suite: suite) ?? [],
            signaturePath: Merkle.multiproof(positions: positions, leafHashes: leaves, suite: suite) ?? [])
    }

    /// For each attester the weight of those who signed and stand before it; never descends.
    private func weightsBefore() -> [UInt64] {
        var sum: UInt64 = 0
        return attesters.indices.map { index in
            defer { if signatures[index] != nil { sum += attesters[index].weight } }
            return sum
        }
    }
}

extension Attester {
    func hasSigned(_ statement: CompactStatement, _ signature: [UInt8]) -> Bool {
        guard let key = try? SignatureScheme.identified(scheme)?.verifyingKey(publicKey) else { return false }
        return key.isValid(signature, for: statement.message, context: statement.context)
    }
}
