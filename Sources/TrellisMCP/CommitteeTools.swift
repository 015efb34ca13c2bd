// The four tools: put a question to the committee, look at a decision, verify a receipt, ask for a capability. Everything goes through a
// client that verifies; what could not be verified says so.

public import TrellisClient
import TrellisCrypto
import TrellisJSON
import TrellisModel
import TrellisVerify

extension MCPServer {
    /// The server of the tools that ask the client's committee.
    public init(client: TrellisClient, version: String) {
        self.init(tools: CommitteeTools(client: client).all, version: version)
    }
}

struct CommitteeTools: Sendable {
    let client: TrellisClient
    /// What it says is shown as its word; what can be proven is proven by the client.
    private var validator: UnverifiedClient { client.validators[0] }

    static let capabilitiesMaximum = 64

    var all: [Tool] {
        [
            Tool(
                name: "propose_decision", title: "Ask the committee",
                summary: """
                    Puts a command or another question to a council and waits for its decision. 'status' approved, rejected or expired \
                    is the decision; with 'verified' true it is proven by a quorum's signatures. Nothing is run.
                    """,
                isReadOnly: false, isIdempotent: false,
                input: Schema.object(
                    [
                        "command": Schema.string("A shell command; stands for kind 'command' and text.", limit: Proposal.textMaximum),
                        "kind": Schema.string("What 'text' is ('text').", limit: Proposal.kindMaximum),
                        "text": Schema.string("The question.", limit: Proposal.textMaximum), "council": Schema.council,
                        "fields": Schema.fields("Named texts that policies look at, such as agent, cwd and purpose."),
                        "wait": Schema.wait, "timeout": Schema.timeout, "idempotency_key": Schema.key,
                        "include_receipt": Schema.withReceipt,
                    ], required: []),
                output: Schema.decision(), run: propose),
            Tool(
                name: "get_decision", title: "Look at a decision",
                summary: "Where a proposal stands: its decision, verified, once there is a receipt.",
                isReadOnly: true, isIdempotent: true,
                input: Schema.object(["id": Schema.digest, "include_receipt": Schema.withReceipt], required: ["id"]),
                output: Schema.decision(), run: decision),
            Tool(
                name: "verify_receipt", title: "Verify a receipt",
                summary: "Verifies a receipt file against the genesis that this server was started with. Asks nobody.",
                isReadOnly: true, isIdempotent: true,
                input: Schema.object(["receipt": Schema.string("The file, byte for byte.")], required: ["receipt"]),
                output: Schema.object(
                    [
                        "valid": Schema.boolean, "error": Schema.string("Why it is not valid."),
                        "kind": Schema.choice(["decision", "record"]), "id": Schema.digest, "proof": Schema.proof,
                        "decision": Schema.decision(),
                    ], required: ["valid"]),
                run: verify),
            Tool(
                name: "check_capability", title: "Ask for a capability",
                summary: """
                    Asks a council whether capabilities may be used, for one command or at all: it is a proposal like any other. \
                    'permitted' is true only for an approval that was verified; whatever no rule knows is not permitted.
                    """,
                isReadOnly: false, isIdempotent: false,
                input: Schema.object(
                    [
                        "capabilities": Schema.array(Schema.string(pattern: "^[!-+\\--~]{1,64}$"), "Such as network or write-files."),
                        "command": Schema.string("The command that would use them.", limit: Proposal.textMaximum),
                        "council": Schema.council, "fields": Schema.fields("As in propose_decision."), "timeout": Schema.timeout,
                        "idempotency_key": Schema.key, "include_receipt": Schema.withReceipt,
                    ], required: ["capabilities"]),
                output: Schema.decision(["permitted": Schema.boolean]), run: capability),
        ]
    }

    @Sendable private func propose(_ arguments: ToolArguments) async throws(ToolFailure) -> JSON {
        let command = try arguments.string("command", limit: Proposal.textMaximum)
        let kind = try arguments.string("kind", limit: Proposal.kindMaximum)
        let text = try arguments.string("text", limit: Proposal.textMaximum)
        guard command == nil || (kind == nil && text == nil) else {
            throw ToolFailure("'command' stands for both 'kind' and 'text': give it alone")
        }
        guard let question = command ?? text else { throw ToolFailure("a proposal needs 'command' or 'text'") }
        let wait = try arguments.string("wait", limit: 16) ?? UnverifiedClient.Finality.certified.rawValue
        guard let finality = UnverifiedClient.Finality(rawValue: wait) else { throw ToolFailure("'wait' must be decided or certified") }
        let draft = ProposalDraft(
            kind: command != nil ? "command" : kind ?? "text", text: question, fields: try fields(arguments),
            council: try council(arguments))
        return try await ask(draft, finality, arguments).json
    }

    @Sendable private func decision(_ arguments: ToolArguments) async throws(ToolFailure) -> JSON {
        guard let text = try arguments.string("id", limit: 64), text.utf8.count == 64, let identifier = Digest(hex: text) else {
            throw ToolFailure("'id' must be 64 hexadecimal digits")
        }
        let withReceipt = try arguments.flag("include_receipt") ?? false
        do throws(ClientError) {
            return try await answer(try await validator.proposal(identifier).value, identifier, withReceipt).json
        } catch {
            throw Self.failure(error)
        }
    }

    @Sendable private func verify(_ arguments: ToolArguments) async throws(ToolFailure) -> JSON {
        guard let text = try arguments.string("receipt", limit: MCPServer.messageBytesMaximum) else {
            throw ToolFailure("'receipt' must be the receipt file's text")
        }
        do throws(ReceiptError) {
            let verified = try client.verify(Receipt(json: Array(text.utf8)))
            var kind = "record"
            var shown: JSON?
            if case .decision(let decision) = verified.entry {
                kind = "decision"
                shown = decision.answer(verified, receipt: nil)
            }
            return .members([
                "valid": .bool(true), "kind": .string(kind), "id": .string(verified.identifier.description), "proof": verified.proof,
                "decision": shown,
            ])
        } catch {
            return .members(["valid": .bool(false), "error": .string(error.description)])
        }
    }

    @Sendable private func capability(_ arguments: ToolArguments) async throws(ToolFailure) -> JSON {
        guard let capabilities = try arguments.strings("capabilities", count: 1...Self.capabilitiesMaximum, limit: 64),
            // The field separates them by commas.
            capabilities.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") } })
        else { throw ToolFailure("'capabilities' must be words such as network or write-files") }
        let list = capabilities.joined(separator: ",")
        var fields = try fields(arguments)
        guard fields.updateValue(list, forKey: "capabilities") == nil else { throw ToolFailure("'fields' may not hold 'capabilities'") }
        let command = try arguments.string("command", limit: Proposal.textMaximum)
        let draft = ProposalDraft(
            kind: command == nil ? "capability" : "command", text: command ?? list, fields: fields, council: try council(arguments))
        let (json, outcome) = try await ask(draft, .certified, arguments)
        return json.preceded(by: ["permitted": .bool(outcome == .approved)])
    }

    private func fields(_ arguments: ToolArguments) throws(ToolFailure) -> [String: String] {
        try arguments.fields(
            "fields", count: Proposal.fieldsMaximum, nameLimit: Proposal.fieldNameMaximum, limit: Proposal.textMaximum)
    }

    private func council(_ arguments: ToolArguments) throws(ToolFailure) -> String? {
        try arguments.string("council", limit: CouncilNeed.textMaximum)
    }

    /// What a tool shows, and the outcome if it is proven.
    private typealias Answer = (json: JSON, proven: Outcome?)

    /// Puts the question and waits. The client makes sure that the answer and the receipt are of this very question.
    private func ask(
        _ draft: ProposalDraft, _ finality: UnverifiedClient.Finality, _ arguments: ToolArguments
    ) async throws(ToolFailure) -> Answer {
        let timeout = try arguments.integer("timeout", in: 1...300) ?? 60
        let withReceipt = try arguments.flag("include_receipt") ?? false
        let key = try arguments.string("idempotency_key", limit: 255)
        guard key?.isEmpty != true, key?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) != false else {
            throw ToolFailure("'idempotency_key' must be 1 to 255 visible ASCII characters")
        }
        do throws(ClientError) {
            let state = try await validator.propose(draft, idempotencyKey: key, wait: finality, timeout: timeout).value
            guard let identifier = Digest(hex: state.id) else {
                throw .unexpectedAnswer(status: 200, reason: "it names no proposal")
            }
            return try await answer(state, identifier, withReceipt)
        } catch {
            throw Self.failure(error)
        }
    }

    private func answer(
        _ state: ProposalState, _ identifier: Digest, _ withReceipt: Bool
    ) async throws(ClientError) -> Answer {
        guard Digest(hex: state.id) == identifier else { throw .unexpectedAnswer(status: 200, reason: "it is of another proposal") }
        guard state.isDecided, state.certified == true else { return (state.answer, nil) }
        let proven = try await client.decision(identifier)
        return (proven.decision.answer(proven.receipt, receipt: withReceipt ? proven.json : nil), proven.outcome)
    }

    private static func failure(_ error: ClientError) -> ToolFailure {
        ToolFailure(error.description + (error.hint.map { " (\($0))" } ?? ""))
    }
}
