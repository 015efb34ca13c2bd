// The one call that a receipt is for: verify it against a genesis, and get what it proves as values. What it says to people is in
// VerifiedReceipt+Report.swift.

public import TrellisCrypto
public import TrellisModel

/// What a receipt proves. Only `Receipt.verify` makes one.
public struct VerifiedReceipt: Sendable {
    /// A validator that attested the checkpoint.
    public struct Signer: Sendable, Equatable {
        public let index: ValidatorIndex
        public let name: String
        /// The signature scheme's name, as in the standard.
        public let scheme: String
        public let isPostQuantum: Bool
        /// NIST category, 1 to 5.
        public let securityCategory: Int
        public let stake: Stake
        /// The time on the signer's own clock when it made the block that attests.
        public let attestedAt: Milliseconds
    }

    public let network: String
    public let entry: LogEntry
    public let identifier: Digest
    /// The entry's place in the log, from 0.
    public let index: UInt64
    public let checkpoint: Checkpoint
    /// By validator index.
    public let signers: [Signer]
    public let stake: Stake
    public let totalStake: Stake
    /// The stake that had to sign.
    public let quorum: Stake
    public let suite: HashSuite
    /// The names of the deciding council's seats; empty for a record.
    public let seatNames: [String]

    /// Signed stake of all stake, per mille, rounded down.
    public var strengthPermille: UInt64 {
        let product = stake.multipliedFullWidth(by: 1000)
        return product.high < totalStake ? totalStake.dividingFullWidth(product).quotient : 1000
    }
    /// The weakest signer's category.
    public var securityCategory: Int { signers.map(\.securityCategory).min() ?? 0 }
    /// Whether every signature counted is post-quantum.
    public var isPostQuantum: Bool { signers.allSatisfy(\.isPostQuantum) }
}

extension Receipt {
    /// Verifies the receipt with nothing but the genesis: no network, no node, no clock.
    ///
    /// - Throws: `ReceiptError` unless validators of a quorum of stake signed a checkpoint whose log holds the entry.
    public func verify(genesis: Genesis) throws(ReceiptError) -> VerifiedReceipt {
        let committee: Committee
        do {
            committee = try Committee(genesis: genesis)
        } catch {
            throw .unusableGenesis("\(error)")
        }
        return try verify(committee: committee, network: genesis.name)
    }

    /// Verifies the receipt against a committee that was made from a genesis before: the way to verify many.
    public func verify(committee: Committee, network: String) throws(ReceiptError) -> VerifiedReceipt {
        let checkpoint = certificate.checkpoint
        guard suite == committee.suite else { throw .otherHashSuite(expected: committee.suite, found: suite) }
        let stake: Stake
        do {
            stake = try certificate.verify(committee)
        } catch {
            throw .certificate(error)
        }
        let leaf = Merkle.leafHash(entry)
        guard Merkle.verifyInclusion(leafHash: leaf, index: index, size: checkpoint.logSize, proof: proof, root: checkpoint.logRoot) else {
            throw .notInLog(index: index, size: checkpoint.logSize)
        }
        let logEntry: LogEntry
        do {
            logEntry = try LogEntry(wireBytes: entry)
        } catch {
            throw .malformed(error)
        }
        var seatNames: [String] = []
        if case .decision(let decision) = logEntry { seatNames = try Self.check(decision, committee, checkpoint) }
        return VerifiedReceipt(
            network: network, entry: logEntry, identifier: logEntry.identifier, index: index, checkpoint: checkpoint,
            signers: signers(committee), stake: stake, totalStake: committee.stakes.total, quorum: committee.stakes.quorum, suite: suite,
            seatNames: seatNames)
    }

    /// A decision must follow from its votes and the council of genesis, and lie before its checkpoint. Returns the seats' names.
    private static func check(_ decision: Decision, _ committee: Committee, _ checkpoint: Checkpoint) throws(ReceiptError) -> [String] {
        guard let (_, council) = committee.council(named: decision.proposal.council) else {
            throw .contradiction("genesis has no council '\(decision.proposal.council)'")
        }
        let fits = zip(council.seats, decision.seats).enumerated().allSatisfy { place, pair in
            pair.1.seat == UInt32(place) && pair.1.weight == pair.0.weight
        }
        guard fits, council.seats.count == decision.seats.count else {
            throw .contradiction("its seats are not those of council '\(council.name)'")
        }
        let tally = Outcome(tallying: decision.seats, thresholdPermille: decision.thresholdPermille)
        guard decision.outcome == tally ?? .expired else {
            throw .contradiction("its votes do not give the outcome '\(decision.outcome.name)'")
        }
        guard decision.proposed.commit <= decision.decided.commit, decision.decided.commit <= checkpoint.index else {
            throw .contradiction("it was decided after its checkpoint or before it was proposed")
        }
        return council.seats.map(\.name)
    }

    private func signers(_ committee: Committee) -> [VerifiedReceipt.Signer] {
        certificate.proofs.compactMap { proof in
            guard let validator = committee.validator(proof.prefix.author) else { return nil }
            return VerifiedReceipt.Signer(
                index: proof.prefix.author, name: validator.name, scheme: validator.scheme.name,
                isPostQuantum: validator.scheme.isPostQuantum, securityCategory: validator.scheme.securityCategory, stake: validator.stake,
                attestedAt: proof.prefix.timestamp)
        }
    }
}
