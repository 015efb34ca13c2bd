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
    /// The deciding councils, as genesis has them; empty for a record.
    public let councils: [Council]
    /// The votes whose seats' signatures are in the receipt, and hold: for each council, whether each seat's is.
    public let signedVotes: [[Bool]]

    /// The names of the deciding councils' seats; empty for a record.
    public var seatNames: [String] { councils.flatMap { $0.seats.map(\.name) } }
    /// Whether every vote that the decision counts is signed by its seat, but those that seats were given by rule.
    public var allVotesSigned: Bool {
        guard case .decision(let decision) = entry else { return true }
        return zip(zip(councils, decision.ballots), signedVotes).allSatisfy { ballot, signed in
            let opening = ballot.0.opening(for: decision.proposal)
            return zip(zip(opening, ballot.1.seats), signed).allSatisfy { $0.0.verdict != nil || $0.1.verdict == nil || $1 }
        }
    }

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
        var councils: [(index: Int, council: Council)] = []
        var signedVotes: [[Bool]] = []
        if case .decision(let decision) = logEntry {
            councils = try Self.check(decision, committee, checkpoint)
            signedVotes = try checkVotes(of: decision, councils, committee)
        } else if let vote = votes.first {
            throw .vote(council: vote.council, seat: vote.seat)
        }
        return VerifiedReceipt(
            network: network, entry: logEntry, identifier: logEntry.identifier, index: index, checkpoint: checkpoint,
            signers: signers(committee), stake: stake, totalStake: committee.stakes.total, quorum: committee.stakes.quorum, suite: suite,
            councils: councils.map(\.council), signedVotes: signedVotes)
    }

    /// A decision must follow from its votes and the councils of genesis, be of whom it names, and lie before its checkpoint. Returns the
    /// councils.
    private static func check(
        _ decision: Decision, _ committee: Committee, _ checkpoint: Checkpoint
    ) throws(ReceiptError) -> [(index: Int, council: Council)] {
        guard let councils = committee.councils(of: decision.proposal) else {
            throw .contradiction("genesis has no council '\(decision.proposal.council)'")
        }
        guard councils.count == decision.ballots.count else { throw .contradiction("it has not one ballot for each council") }
        for ((_, council), ballot) in zip(councils, decision.ballots) {
            let opening = council.opening(for: decision.proposal)
            guard opening.count == ballot.seats.count, zip(opening, ballot.seats).allSatisfy({ $0.becomes($1) }) else {
                throw .contradiction("its seats are not those of council '\(council.name)'")
            }
            guard council.allows(threshold: ballot.thresholdPermille) else {
                throw .contradiction("\(ballot.thresholdPermille) per mille is no threshold of council '\(council.name)'")
            }
            guard ballot.seats.allSatisfy({ $0.verdict != nil || $0.reason.isEmpty }) else {
                throw .contradiction("a seat of council '\(council.name)' gives a reason and no verdict")
            }
        }
        let tally = decision.tally
        guard decision.outcome == tally ?? Decision.outcomeAtDeadline(decision.ballots) else {
            throw .contradiction("its votes do not give the outcome '\(decision.outcome.name)'")
        }
        guard decision.proposal.hasValidProposer(chain: committee.chain) else {
            throw .contradiction("the key that it names as its proposer did not sign it")
        }
        guard decision.proposed.commit <= decision.decided.commit, decision.decided.commit <= checkpoint.index else {
            throw .contradiction("it was decided after its checkpoint or before it was proposed")
        }
        let (proposed, decided) = (decision.proposed.timestamp, decision.decided.timestamp)
        guard proposed <= decided, decided <= checkpoint.timestamp else { throw .contradiction("its times run backwards") }
        let (deadline, overflow) = proposed.addingReportingOverflow(councils.map(\.council.deadline).max() ?? 0)
        guard (tally == nil) == (decided >= (overflow ? .max : deadline)) else {
            throw .contradiction("it was decided at or after its deadline, or expired before it")
        }
        return councils
    }

    /// Every proof must be of a vote in the decision, each of another one, in its order. All signatures are checked at once.
    private func checkVotes(
        of decision: Decision, _ councils: [(index: Int, council: Council)], _ committee: Committee
    ) throws(ReceiptError) -> [[Bool]] {
        var signed = decision.ballots.map { [Bool](repeating: false, count: $0.seats.count) }
        var checks: [SignatureCheck] = []
        var last = (-1, -1)
        for proof in votes {
            let error = ReceiptError.vote(council: proof.council, seat: proof.seat)
            let seat = Int(proof.seat)
            guard let ballot = councils.firstIndex(where: { $0.index == Int(proof.council) }), seat < signed[ballot].count,
                last < (ballot, seat), let vote = Vote(of: decision.ballots[ballot].seats[seat], on: decision.proposal.identifier)
            else { throw error }
            last = (ballot, seat)
            guard let check = proof.check(of: vote, in: committee) else { throw error }
            checks.append(check)
            signed[ballot][seat] = true
        }
        for (proof, isValid) in zip(votes, SignatureBatch.areValid(checks)) where !isValid {
            throw .vote(council: proof.council, seat: proof.seat)
        }
        return signed
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
