// When a block is valid (PROTOCOL §3): all rules that need no other block, then the one that needs the signature. A block whose
// parents are not held is not invalid, it waits; that is decided where the DAG is.

import TrellisCrypto
public import TrellisModel

/// Why a block can never be accepted.
public enum InvalidBlock: Error, Sendable, Equatable, CustomStringConvertible {
    case malformed(WireError)
    case wrongEpoch(Epoch)
    case unknownAuthor(ValidatorIndex)
    case genesisFromNetwork
    case parentCount(Int)
    case ownParentMustBeFirstAndOnlyFirst
    case duplicateParentAuthor(ValidatorIndex)
    case parentRoundNotLower
    case parentQuorumMissing(Stake, needed: Stake)
    case badSignature
    case badVotes(transaction: Int)
    case repeatedVotes(transaction: Int)
    case badEvidence(transaction: Int)
    case tooMuchEvidence
    case badProposer(transaction: Int)
    case tooManyExtendedProposals
    case exposedEquivocatorAsParent(ValidatorIndex)

    /// The rule's name, as the commit-rule cases spell it.
    public var name: String {
        switch self {
        case .malformed: "malformed"
        case .wrongEpoch: "wrong_epoch"
        case .unknownAuthor: "unknown_author"
        case .genesisFromNetwork: "genesis_from_network"
        case .parentCount: "parent_count"
        case .ownParentMustBeFirstAndOnlyFirst: "own_parent_must_be_first_and_only_first"
        case .duplicateParentAuthor: "duplicate_parent_author"
        case .parentRoundNotLower: "parent_round_not_lower"
        case .parentQuorumMissing: "parent_quorum_missing"
        case .badSignature: "bad_signature"
        case .badVotes: "bad_votes"
        case .repeatedVotes: "repeated_votes"
        case .badEvidence: "bad_evidence"
        case .tooMuchEvidence: "too_much_evidence"
        case .badProposer: "bad_proposer"
        case .tooManyExtendedProposals: "too_many_extended_proposals"
        case .exposedEquivocatorAsParent: "exposed_equivocator_as_parent"
        }
    }

    public var description: String {
        switch self {
        case .malformed(let error): "malformed block: \(error)"
        case .wrongEpoch(let epoch): "block of epoch \(epoch)"
        case .unknownAuthor(let author): "block of unknown author \(author)"
        case .genesisFromNetwork: "a block of round 0 is derived, never received"
        case .parentCount(let count): "block with \(count) parents"
        case .ownParentMustBeFirstAndOnlyFirst: "the author's previous block must be the first parent, and only the first"
        case .duplicateParentAuthor(let author): "two parents of author \(author)"
        case .parentRoundNotLower: "a parent's round is not lower than the block's"
        case .parentQuorumMissing(let stake, let needed): "parents in the round below have stake \(stake), needed \(needed)"
        case .badSignature: "the author's signature is invalid"
        case .exposedEquivocatorAsParent(let author): "its parents show two blocks of author \(author), whose block is among them"
        case .badVotes(let index): "transaction \(index) holds votes that their seat did not sign"
        case .repeatedVotes(let index): "transaction \(index) holds votes of a seat whose votes the block has already"
        case .badEvidence(let index): "transaction \(index) accuses a validator and proves nothing"
        case .tooMuchEvidence: "more than \(Limits.evidenceMaximum) transactions with evidence"
        case .badProposer(let index): "transaction \(index) names a proposer that did not sign it"
        case .tooManyExtendedProposals: "more than \(Limits.extendedProposalsMaximum) proposals with sections"
        }
    }
}

public enum BlockRules {
    /// The rules on a header's parents, in the order in which they are reported.
    public static func checkParents(
        round: Round, author: ValidatorIndex, parents: [BlockReference], stakes: Stakes
    ) throws(InvalidBlock) {
        guard Int(author) < stakes.count else { throw .unknownAuthor(author) }
        guard round > 0 else { throw .genesisFromNetwork }
        guard !parents.isEmpty, parents.count <= stakes.count else { throw .parentCount(parents.count) }
        guard let first = parents.first, first.author == author || Mutation.isPlanted(.ownParentNotFirst) else {
            throw .ownParentMustBeFirstAndOnlyFirst
        }
        guard !parents.dropFirst().contains(where: { $0.author == author }) || Mutation.isPlanted(.ownParentNotFirst) else {
            throw .ownParentMustBeFirstAndOnlyFirst
        }
        var seen = StakeCount(validators: stakes.count)
        var below = StakeCount(validators: stakes.count)
        for parent in parents {
            guard Int(parent.author) < stakes.count else { throw .unknownAuthor(parent.author) }
            guard parent.round < round else { throw .parentRoundNotLower }
            guard seen.insert(parent.author, stakes) || Mutation.isPlanted(.parentsTwice) else {
                throw .duplicateParentAuthor(parent.author)
            }
            if parent.round == round - 1 { below.insert(parent.author, stakes) }
        }
        guard below.stake >= stakes.quorum || Mutation.isPlanted(.parentQuorumUnchecked) else {
            throw .parentQuorumMissing(below.stake, needed: stakes.quorum)
        }
    }

    /// The rule that FinWhale needs besides, on a block whose parents are all held: if parents of the round below show two blocks of one
    /// author in the round below that, none of them is by this author.
    public static func checkExposed(round: Round, parents: [BlockReference], in dag: DAG) throws(InvalidBlock) {
        let exposed = dag.exposed(by: parents, below: round)
        guard let parent = parents.first(where: { $0.round + 1 == round && exposed.contains($0.author) }) else { return }
        throw .exposedEquivocatorAsParent(parent.author)
    }

    /// Every rule on a block but its signatures: cheap, so that it comes first.
    public static func check(_ block: Block, _ committee: Committee) throws(InvalidBlock) {
        let prefix = block.header.prefix
        guard prefix.epoch == committee.epoch else { throw .wrongEpoch(prefix.epoch) }
        try checkParents(round: prefix.round, author: prefix.author, parents: block.header.parents, stakes: committee.stakes)
        let kinds = (0..<block.payload.count).map(block.payload.kind)
        guard kinds.count(where: { $0 == .evidence }) <= Limits.evidenceMaximum else { throw .tooMuchEvidence }
        guard kinds.count(where: { $0 == .extendedProposal }) <= Limits.extendedProposalsMaximum else {
            throw .tooManyExtendedProposals
        }
        // A seat signs once for all its votes in a block: whoever checks it needs no more signatures than there are seats.
        var seats: Set<SeatPlace> = []
        for index in kinds.indices where kinds[index] == .votes {
            guard let seat = VoteBatch.seat(of: block.payload[index]) else { throw .badVotes(transaction: index) }
            guard seats.insert(seat).inserted else { throw .repeatedVotes(transaction: index) }
        }
    }

    /// The author's signature, the seats' signatures over the votes that the block carries, those that its evidence consists of, and those of
    /// proposers.
    public static func checkSignatures(_ block: Block, _ committee: Committee) throws(InvalidBlock) {
        guard block.isSigned(in: committee) || Mutation.isPlanted(.signatureUnchecked) else { throw .badSignature }
        for index in 0..<block.payload.count {
            switch block.payload.kind(index) {
            case .votes:
                guard let votes = try? VoteBatch(wireBytes: Array(block.payload[index]), suite: .sha256), votes.isSigned(in: committee)
                else { throw .badVotes(transaction: index) }
            case .evidence:
                guard isProven(block.payload[index], committee) else { throw .badEvidence(transaction: index) }
            case .propose, .extendedProposal, .record, .decision, .jointDecision, nil: continue
            }
        }
        try checkProposers(of: block.payload, chain: committee.chain)
    }

    /// Whatever is no proposal at all has no effect: that is for the ledger to say.
    private static func checkProposers(of payload: Payload, chain: Digest) throws(InvalidBlock) {
        var checks: [(transaction: Int, check: SignatureCheck)] = []
        for index in 0..<payload.count where payload.kind(index) == .extendedProposal {
            guard let proposal = try? Proposal(wireBytes: Array(payload[index]), suite: .sha256) else { continue }
            do {
                if let check = try proposal.proposerCheck(chain: chain) { checks.append((index, check)) }
            } catch {
                throw .badProposer(transaction: index)
            }
        }
        for (entry, isValid) in zip(checks, SignatureBatch.areValid(checks.map(\.check))) where !isValid {
            throw .badProposer(transaction: entry.transaction)
        }
    }

    private static func isProven(_ bytes: ArraySlice<UInt8>, _ committee: Committee) -> Bool {
        do {
            try Evidence(wireBytes: Array(bytes), suite: committee.suite).verify(committee)
            return true
        } catch {
            return false
        }
    }
}

/// A block whose own rules and signatures hold. Only this file can make one from bytes.
public struct VerifiedBlock: Sendable {
    public let block: Block

    /// Decodes and checks a block from a peer: bounds, then rules, then signatures.
    public init(wireBytes: [UInt8], committee: Committee) throws(InvalidBlock) {
        let block: Block
        do {
            block = try Block(wireBytes: wireBytes, committee: committee)
        } catch {
            throw .malformed(error)
        }
        try BlockRules.check(block, committee)
        try BlockRules.checkSignatures(block, committee)
        self.block = block
    }

    /// A block that this validator signed, or that it had verified before it wrote it to its journal.
    public init(trusted block: Block) { self.block = block }
}
