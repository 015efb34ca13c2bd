// `trellis propose --seal`: the request goes to chosen validators alone, and the answers come to this command alone.

import ArgumentParser
import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisNode
import TrellisVerify

struct SealingOptions: ParsableArguments {
    @Flag(help: "Seal what is proposed, with its kind and fields: only the recipients can read it. Needs --genesis.")
    var seal = false

    @Option(help: ArgumentHelp("Who may read it, names or numbers of validators with commas between (default: all).", valueName: "a,b"))
    var recipients: String?

    @Option(
        name: .customLong("clear-field"),
        help: ArgumentHelp("A field that everybody may read; may be repeated.", valueName: "name=value"))
    var clearFields: [String] = []

    @Flag(help: "Seal the verdicts too: nobody else learns what was decided.")
    var sealOutcome = false

    @Option(help: ArgumentHelp("Keep the key that opens the answers in this new file; 'verify --reply-key' takes it.", valueName: "file"))
    var replyKey: String?

    func validate() throws {
        guard seal || (recipients == nil && clearFields.isEmpty && !sealOutcome && replyKey == nil) else {
            throw ValidationError("--recipients, --clear-field, --seal-outcome and --reply-key go with --seal")
        }
    }

    /// Places in genesis.
    func indices(in committee: Committee) throws(Failure) -> [ValidatorIndex]? {
        guard let recipients else { return nil }
        var indices: [ValidatorIndex] = []
        for word in recipients.split(separator: ",") {
            let named = committee.validators.firstIndex { $0.name == word }.map { ValidatorIndex($0) }
            guard let index = named ?? ValidatorIndex(word), committee.validator(index) != nil else {
                throw Failure("genesis has no validator '\(Terminal.shown(String(word)))'", code: Exit.usage)
            }
            indices.append(index)
        }
        return indices
    }
}

extension Propose {
    /// As `prove`, with the answers opened.
    func proveSealed(_ draft: ProposalDraft, _ genesis: Genesis) async throws {
        try await connection.withClient(genesis: genesis) { client in
            let keys = try await client.sealingKeys()
            let sealed = try draft.sealed(
                with: keys, to: try sealing.indices(in: keys.committee), clear: try Self.fields(sealing.clearFields),
                isOutcomeSealed: sealing.sealOutcome, idempotencyKey: idempotencyKey)
            if let path = sealing.replyKey { try ReplyKeyFile.write(sealed.replyKey, to: path) }
            let hint = "it stays in the ledger; 'verify --reply-key' opens its receipt if --reply-key kept the key"
            let (proven, opened) = try await Self.decided(hint: hint) { try await client.propose(sealed, timeout: timeout) }
            Terminal.print(
                Terminal.styled(opened.outcome.name, Terminal.Style(of: opened.outcome.name)) + "  sealed to \(sealed.recipientsLine)")
            Terminal.print("  id  \(sealed.identifier)")
            for line in opened.lines(proven.receipt.councils) { Terminal.print(line) }
            let path = try keep(proven.json, of: "\(sealed.identifier)")
            Terminal.print("receipt: \(path), verified")
            try Self.end(opened.outcome)
        }
    }
}

extension SealedDraft {
    fileprivate var recipientsLine: String { "validators " + recipients.map { "\($0)" }.joined(separator: ", ") }
}

extension OpenedDecision {
    /// Every seat's vote in the clear, for people.
    func lines(_ councils: [Council]) -> [String] {
        zip(councils, ballots).flatMap { council, ballot in
            zip(council.seats, ballot.seats).map { seat, vote in
                vote.line(ballots.count > 1 ? "\(council.name)/\(seat.name)" : seat.name)
            }
        }
    }
}

/// A reply key on disk: its 128 bytes in hexadecimal, for its owner alone.
enum ReplyKeyFile {
    static func write(_ key: CompositeKEM.PrivateKey, to path: String) throws {
        let text = key.serialized.withBytes { Hex.encode(Array($0)) } + "\n"
        try SecretFiles.write(Array(text.utf8), to: path)
    }

    static func read(_ path: String) throws -> CompositeKEM.PrivateKey {
        let bytes = try SecretFiles.read(path, limit: 1024)
        let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init) ?? ""
        guard let key = Hex.decode(text), let reply = try? CompositeKEM.PrivateKey(serialized: SecretBytes(key)) else {
            throw Failure("\(path) holds no reply key", hint: "'propose --seal --reply-key' writes one", code: Exit.usage)
        }
        return reply
    }
}
