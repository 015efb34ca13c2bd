// `trellis verify`: what a receipt or evidence of misbehaviour proves, from the file and the genesis alone. Opens no socket.

import ArgumentParser
import Foundation
import TrellisCrypto
import TrellisModel
import TrellisVerify

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a receipt, or evidence of misbehaviour, offline.",
        discussion: "Needs no network and no validator. Exit codes: 0 valid, 1 invalid, 2 usage or a file that cannot be read.")

    @Argument(help: "The receipt or evidence file; - for standard input.")
    var receipt: String

    @Option(help: "The genesis file of the network.")
    var genesis: String

    @Flag(help: "Accept a decision only if every vote that it counts is signed by its seat.")
    var allVotes = false

    @Flag(help: "Print what is proven as JSON.")
    var json = false

    @Option(help: ArgumentHelp("The key that opens the answers to a sealed proposal, as 'propose --reply-key' kept it.", valueName: "file"))
    var replyKey: String?

    @OptionGroup var implementation: ImplementationOption

    func run() throws {
        implementation.select()
        let genesis = try Files.genesis(genesis)
        let bytes = try Files.read(receipt, limit: Receipt.fileBytesMaximum)
        guard !EvidenceFile.isOne(bytes) else { return try verify(evidence: bytes, genesis) }
        let verified: VerifiedReceipt
        do {
            verified = try Receipt(json: bytes).verify(genesis: genesis)
        } catch .unusableGenesis(let reason) {
            throw Failure("\(self.genesis): \(reason)", code: Exit.usage)
        } catch {
            if json { Terminal.print(try ProofDocument(valid: false, error: error.description).bytes) }
            throw Failure("invalid: \(Terminal.shown(error.description))", hint: error.hint)
        }
        if allVotes, !verified.allVotesSigned {
            let reason = "a vote that the decision counts has no signature of its seat in the receipt"
            if json { Terminal.print(try ProofDocument(valid: false, error: reason).bytes) }
            throw Failure(
                "invalid: \(reason)", hint: "ask another validator: who took the state over from others has no signatures of before")
        }
        if json {
            Terminal.print(try ProofDocument(verified).bytes)
        } else {
            for line in verified.report() { Terminal.print(line) }
        }
        if let replyKey { try open(verified, genesis, with: try ReplyKeyFile.read(replyKey)) }
    }

    private func open(_ verified: VerifiedReceipt, _ genesis: Genesis, with key: CompositeKEM.PrivateKey) throws {
        guard case .decision(let decision) = verified.entry, decision.proposal.sealed != nil else {
            throw Failure("\(receipt) is of nothing sealed", code: Exit.usage)
        }
        let opened = OpenedDecision(decision, with: key, in: try Committee(genesis: genesis))
        Terminal.print("opened: \(opened.outcome.name)")
        for line in opened.lines(verified.councils) { Terminal.print(line) }
    }

    private func verify(evidence bytes: [UInt8], _ genesis: Genesis) throws {
        let verified: VerifiedEvidence
        do {
            verified = try EvidenceFile(json: bytes).verify(genesis: genesis)
        } catch .unusableGenesis(let reason) {
            throw Failure("\(self.genesis): \(reason)", code: Exit.usage)
        } catch {
            if json { Terminal.print(try ProofDocument(valid: false, error: error.description).bytes) }
            throw Failure("invalid: \(Terminal.shown(error.description))", hint: error.hint)
        }
        if json {
            Terminal.print(try ProofDocument(verified).bytes)
        } else {
            for line in verified.report() { Terminal.print(line) }
        }
    }
}

/// What is proven, as `trellis verify --json` prints it.
struct ProofDocument: Encodable {
    struct Signer: Encodable {
        let validator: UInt32
        let name: String
        let scheme: String
        let postQuantum: Bool
        let stake: UInt64
        let attestedMs: UInt64
    }

    /// Who proposed, as far as the receipt proves it.
    struct Proposer: Encodable {
        /// `key` or `token`.
        let credential: String
        /// The SHA-256 of the public key, or the token's name.
        let id: String
        let scheme: String?
        /// By the key itself; otherwise it is one validator's word.
        let signed: Bool

        init(_ proposer: TrellisModel.Proposer) {
            id = proposer.identifier.description
            switch proposer {
            case .key(let signature): (credential, scheme, signed) = ("key", signature.scheme.name, true)
            case .token: (credential, scheme, signed) = ("token", nil, false)
            }
        }
    }

    var valid: Bool
    var error: String?
    var kind: String?
    var outcome: String?
    var identifier: String?
    var network: String?
    var chain: String?
    var logIndex: UInt64?
    var logSize: UInt64?
    var checkpoint: UInt64?
    var checkpointMs: UInt64?
    var stake: UInt64?
    var totalStake: UInt64?
    var quorum: UInt64?
    var signers: [Signer]?
    var proposer: Proposer?
    var validator: UInt32?
    var offence: String?
    var position: UInt64?

    init(valid: Bool, error: String?) {
        self.valid = valid
        self.error = error
    }

    init(_ proof: VerifiedEvidence) {
        self.init(valid: true, error: nil)
        kind = "evidence"
        identifier = proof.evidence.identifier.description
        network = proof.network
        validator = proof.evidence.author
        offence = proof.evidence.offence.name
        position = proof.evidence.position
    }

    init(_ receipt: VerifiedReceipt) {
        self.init(valid: true, error: nil)
        switch receipt.entry {
        case .record: kind = "record"
        case .decision(let decision):
            kind = "decision"
            outcome = decision.outcome.name
            proposer = decision.proposal.proposer.map { Proposer($0) }
        }
        identifier = receipt.identifier.description
        network = receipt.network
        chain = receipt.checkpoint.chain.description
        logIndex = receipt.index
        logSize = receipt.checkpoint.logSize
        checkpoint = receipt.checkpoint.index
        checkpointMs = receipt.checkpoint.timestamp
        stake = receipt.stake
        totalStake = receipt.totalStake
        quorum = receipt.quorum
        signers = receipt.signers.map {
            Signer(
                validator: $0.index, name: $0.name, scheme: $0.scheme, postQuantum: $0.isPostQuantum, stake: $0.stake,
                attestedMs: $0.attestedAt)
        }
    }

    var bytes: [UInt8] { get throws { try Terminal.json(self) } }
}
