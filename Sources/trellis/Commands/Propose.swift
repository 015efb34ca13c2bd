// `trellis propose`: puts a proposal to a council, shows how every seat voted, keeps the receipt.

public import ArgumentParser
public import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisVerify

struct Propose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a proposal to a council.",
        discussion: """
            Exit codes with --wait: 0 approved, 3 rejected, 4 expired, 5 not decided in time. \
            Without --wait: 0 submitted. Always: 1 failure, 2 usage. With --seal only the recipients read what is proposed, and only this \
            command why they voted so; it waits for the certified decision, and shows it opened.
            """)

    @Argument(help: "What is proposed: a text, a file that holds it, or - for standard input.")
    var text: String

    @Option(help: "What the text is; a policy may know other words.")
    var kind = "command"

    @Option(name: .customLong("field"), help: ArgumentHelp("A field of the proposal; may be repeated.", valueName: "name=value"))
    var fields: [String] = []

    @Option(help: "The council to ask; 'a and b' needs all of several, 'a or b' any of them.")
    var council: String?

    @Option(help: "Sent again with the same proposal, it gives the same proposal and not another one.")
    var idempotencyKey: String?

    @Option(help: "Wait until the proposal is decided, or certified (alone: certified).")
    var wait: UnverifiedClient.Finality?

    @Option(help: "Seconds to wait at most.")
    var timeout = 60

    @Option(help: "Where the receipt goes (default: receipt-<8 digits>.json).")
    var receipt: String?

    @Option(help: "The genesis file. With it, what is printed and the exit code are what the receipt proves, not what the validator says.")
    var genesis: String?

    @Flag(help: "Print the validator's answer as JSON; with --genesis, what is proven.")
    var json = false

    @OptionGroup var sealing: SealingOptions

    @OptionGroup var connection: Connection

    /// Makes `--wait` without a value mean `--wait=certified`.
    static func expandingWait(_ arguments: [String]) -> [String] {
        guard arguments.first == "propose" else { return arguments }
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments.enumerated().map { index, argument in
            guard argument == "--wait", index < end else { return argument }
            let next = index + 1 < arguments.count ? arguments[index + 1] : ""
            return UnverifiedClient.Finality(rawValue: next) == nil ? "--wait=certified" : argument
        }
    }

    func validate() throws {
        guard (1...300).contains(timeout) else { throw ValidationError("--timeout must be 1 to 300 seconds") }
        guard wait == .certified || sealing.seal || receipt == nil else { throw ValidationError("--receipt needs --wait certified") }
        guard !sealing.seal || (genesis != nil && !json) else { throw ValidationError("--seal needs --genesis, and has no --json") }
        guard genesis == nil || wait == .certified || sealing.seal else { throw ValidationError("--genesis needs --wait certified") }
    }

    func run() async throws {
        let draft = ProposalDraft(kind: kind, text: try proposalText(), fields: try proposalFields(), council: council)
        if let genesis, sealing.seal { return try await proveSealed(draft, try Files.genesis(genesis)) }
        if let genesis { return try await prove(draft, try Files.genesis(genesis)) }
        try await connection.withClient { client in
            let reply = try await client.propose(draft, idempotencyKey: idempotencyKey, wait: wait, timeout: timeout)
            // Before anything is printed: who reads no further must not lose the receipt.
            let kept = wait == .certified && reply.value.isDecided ? try await keepReceipt(of: reply.value, client) : nil
            if json {
                Terminal.print(reply.json)
            } else {
                for line in reply.value.lines { Terminal.print(line) }
            }
            if let kept, !json { tell(kept) }
            try end(reply.value)
        }
    }

    /// Nothing is printed, and no exit code follows, from what the validator merely says.
    private func prove(_ draft: ProposalDraft, _ genesis: Genesis) async throws {
        let key = idempotencyKey ?? TrellisClient.newKey()
        let proven = try await Self.decided {
            try await connection.withClient(genesis: genesis) { client in
                try await client.propose(draft, idempotencyKey: key, timeout: timeout)
            }
        }
        let path = try keep(proven.json, of: proven.receipt.identifier.description)
        if json {
            Terminal.print(try ProofDocument(proven.receipt).bytes)
        } else {
            for line in proven.lines { Terminal.print(line) }
            Terminal.print("receipt: \(path), verified")
        }
        try Self.end(proven.outcome)
    }

    /// What `propose` gives, or that it is undecided as a failure of its own.
    ///
    /// - Parameter hint: what to do then, if something else than the error's own hint.
    static func decided<Proven>(hint: String? = nil, _ propose: () async throws -> Proven) async throws -> Proven {
        do {
            return try await propose()
        } catch let error as ClientError {
            guard case .undecided = error else { throw error }
            throw Failure(Terminal.shown(error.description), hint: hint ?? error.hint, code: Exit.undecided)
        }
    }

    /// Keeps a receipt where the user wants it; returns where that is.
    func keep(_ receipt: [UInt8], of identifier: String) throws -> String {
        let path = self.receipt ?? "receipt-\(identifier.prefix(8)).json"
        try Files.write(receipt, to: path)
        return path
    }

    /// A sealed outcome is for who holds the reply key to open: here it is an answer like any other.
    static func end(_ outcome: Outcome) throws {
        switch outcome {
        case .approved, .sealed: return
        case .rejected: throw ExitCode(Exit.rejected)
        case .expired: throw ExitCode(Exit.expired)
        }
    }

    private func proposalText() throws(Failure) -> String {
        guard text == "-" || Files.isFile(text) else { return text }
        var bytes = try Files.read(text, limit: Proposal.textMaximum + 1)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard let content = String(validating: bytes, as: UTF8.self) else { throw Failure("\(text) is not UTF-8", code: Exit.usage) }
        return content
    }

    func proposalFields() throws(Failure) -> [String: String] { try Self.fields(fields) }

    static func fields(_ fields: [String]) throws(Failure) -> [String: String] {
        var values: [String: String] = [:]
        for field in fields {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = parts.first, !name.isEmpty else {
                throw Failure("--field \(field) has no '='", hint: "write --field name=value", code: Exit.usage)
            }
            guard values.updateValue(String(parts[1]), forKey: String(name)) == nil else {
                throw Failure("the field \(name) is given twice", code: Exit.usage)
            }
        }
        return values
    }

    /// Where the receipt is; nil where there is none yet.
    private func keepReceipt(of state: ProposalState, _ client: UnverifiedClient) async throws -> String? {
        guard let identifier = Digest(hex: state.id) else { throw Failure("the validator named the proposal '\(state.id)'") }
        guard state.certified == true else {
            Terminal.error("hint: no receipt yet; later: \(connection.endpoint)/v1/decisions/\(identifier)/receipt")
            return nil
        }
        return try keep(try await client.receipt(of: identifier).json, of: state.id)
    }

    private func tell(_ path: String) {
        Terminal.print("receipt: \(path)")
        Terminal.print(Terminal.styled("verify it: trellis verify \(path) --genesis \(genesis ?? "GENESIS")", .dim))
    }

    private func end(_ state: ProposalState) throws {
        switch state.status {
        case .approved: return try Self.end(Outcome.approved)
        case .rejected: try Self.end(Outcome.rejected)
        case .expired: try Self.end(Outcome.expired)
        case .sealed: try Self.end(Outcome.sealed)
        case .submitted, .pending:
            guard wait != nil else { return }
            Terminal.error("error: not decided within \(timeout) seconds")
            let place = "\(connection.endpoint)/v1/proposals/\(Terminal.shown(state.id))"
            Terminal.error("hint: once it is ordered the proposal stays in the ledger: see \(place)")
            throw ExitCode(Exit.undecided)
        }
    }
}

extension UnverifiedClient.Finality: ExpressibleByArgument {}

extension ProposalState {
    /// The verdict and every seat's vote, for people.
    var lines: [String] {
        var lines = [Terminal.styled(status.rawValue, Terminal.Style(of: status.rawValue))]
        if let weight, let council { lines[0] += "  council \(Terminal.shown(council)): \(weight.line)" }
        lines.append("  id  \(Terminal.shown(id))")
        if let proposer {
            let name = proposer.name.map { " \(Terminal.shown($0))" } ?? ""
            let proof = proposer.signed ? ", which signed it" : ", as the validator says that took it"
            lines.append(
                "  proposed by \(Terminal.shown(proposer.credential))\(name) \(Terminal.shown(String(proposer.id.prefix(16))))\(proof)")
        }
        for ballot in ballots ?? [] {
            lines.append("  council \(Terminal.shown(ballot.council)): \(Terminal.shown(ballot.outcome ?? "open")), \(ballot.weight.line)")
        }
        for vote in votes ?? [] {
            let name = ((vote.council.map { [$0] } ?? []) + (vote.name.map { [$0] } ?? [])).map { " " + Terminal.shown($0) }.joined()
            let reason = vote.reason.isEmpty ? "" : "  \(Terminal.shown(vote.reason))"
            lines.append(
                "  seat \(vote.seat)\(name)  \(Terminal.styled(vote.verdict ?? "no vote", Terminal.Style(of: vote.verdict)))\(reason)")
        }
        return lines
    }
}

extension ProposalState.Weight {
    fileprivate var line: String { "approve \(approve) of \(approve + reject + abstain + silent + (sealed ?? 0)), needed \(needed)" }
}
