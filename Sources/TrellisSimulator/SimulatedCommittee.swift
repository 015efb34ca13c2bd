// Committees for simulations: keys that follow from the seed, and a signature scheme that costs one hash, since a simulation checks the
// protocol and not the mathematics. ML-DSA-65 on request.

public import TrellisCrypto
public import TrellisModel

/// Which keys a simulated committee signs with.
public enum SimulatedSignatures: String, Sendable, CaseIterable {
    /// A keyed hash. Whoever knows the public key can sign: adversaries in a simulation are trusted not to forge.
    case hash
    case mlDSA65 = "ml-dsa-65"
}

/// Signs and verifies by one SHA-256 under a key that is public.
struct SimulatedKey: SigningKey, VerifyingKey {
    let bytes: [UInt8]
    var publicKey: [UInt8] { bytes }
    var seed: SecretBytes { SecretBytes(bytes) }
    /// Borrowed: the committee derives the size limits from a scheme, and 64 bytes are close to what a hash needs.
    var scheme: SignatureSchemeIdentifier { .ed25519 }

    func sign(_ message: [UInt8], context: Domain) -> [UInt8] { HashSuite.sha256.tagged(context, [bytes, message]).bytes }

    func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain) -> Bool {
        signature == sign(message, context: context)
    }
}

/// ML-DSA without randomness, so that a seed is one run.
private struct RepeatableKey: SigningKey {
    let key: any SigningKey
    var publicKey: [UInt8] { key.publicKey }
    var seed: SecretBytes { key.seed }
    var scheme: SignatureSchemeIdentifier { key.scheme }

    func sign(_ message: [UInt8], context: Domain) throws -> [UInt8] {
        try MLDSA.signDeterministically(message, with: key, context: context)
    }
}

/// A committee and all its private keys. Validator i holds seat i of the only council.
public struct SimulatedCommittee: Sendable {
    public let committee: Committee
    public let blockKeys: [any SigningKey]
    public let seatKeys: [any SigningKey]

    public init(
        seed: UInt64, stakes: [Stake], signatures: SimulatedSignatures = .hash, suite: HashSuite = .sha256,
        parameters: Parameters = Parameters(), deadline: Milliseconds = 30_000
    ) throws {
        var random = SimulationRandom(seed: seed)
        let scheme: SignatureScheme = signatures == .hash ? .ed25519 : .mlDSA65
        func key() throws -> (any SigningKey, any VerifyingKey) {
            let seed = random.bytes(32)
            guard signatures == .mlDSA65 else { return (SimulatedKey(bytes: seed), SimulatedKey(bytes: seed)) }
            let key = RepeatableKey(key: try scheme.signingKey(seed: SecretBytes(seed)))
            return (key, try scheme.verifyingKey(key.publicKey))
        }
        var validators: [Validator] = []
        var seats: [Council.Seat] = []
        var blockKeys: [any SigningKey] = []
        var seatKeys: [any SigningKey] = []
        for (index, stake) in stakes.enumerated() {
            let (blockKey, blockVerifier) = try key()
            let (seatKey, seatVerifier) = try key()
            validators.append(
                Validator(name: "v\(index)", stake: stake, scheme: scheme, key: blockVerifier, identityKey: blockVerifier))
            seats.append(
                .init(name: "seat\(index)", weight: stake, validator: ValidatorIndex(index), scheme: scheme, key: seatVerifier))
            blockKeys.append(blockKey)
            seatKeys.append(seatKey)
        }
        guard let checked = Stakes(stakes), let chain = Digest(random.bytes(32)) else {
            throw GenesisError.invalid("a committee needs 1 to \(Stakes.validatorsMaximum) positive stakes")
        }
        let isAdaptive = parameters.thresholdWindow > 0
        let council = Council(
            name: Council.defaultName, thresholdPermille: isAdaptive ? 600 : 670, isAdaptive: isAdaptive, deadline: deadline, seats: seats)
        committee = Committee(
            chain: chain, epoch: 0, suite: suite, validators: validators, stakes: checked, councils: [council], parameters: parameters)
        self.blockKeys = blockKeys
        self.seatKeys = seatKeys
    }

    /// Signs a header as its author.
    public func sign(_ header: BlockHeader, _ payload: Payload) -> Block {
        let digest = header.digest(chain: committee.chain, suite: committee.suite)
        let signature = try? blockKeys[Int(header.prefix.author)].sign(digest.bytes, context: .block)
        return Block(header: header, payload: payload, signature: signature ?? [], committee: committee)
    }

    /// The approval of `proposals` by the seat of `validator`.
    func approve(_ proposals: [Digest], as validator: ValidatorIndex) -> Transaction? {
        let votes = proposals.map { Vote(proposal: $0, verdict: .approve, reason: "first sight") }
        let batch = try? VoteBatch.signed(
            by: seatKeys[Int(validator)], chain: committee.chain, epoch: committee.epoch, council: 0, seat: validator, votes: votes)
        return batch.map { Transaction($0) }
    }
}
