// The file form of a receipt: JSON for people around one base64 field that is the receipt. Everything else in the file is derived from that
// field, and reading derives it again and demands the same bytes, so that nothing in the file can say what the proof does not.

import FoundationEssentials
import TrellisCrypto
import TrellisModel

extension Receipt {
    /// No receipt file is larger. Escapes make at most six bytes of one.
    public static let fileBytesMaximum =
        wireBytesMaximum / 3 * 4 + 6 * entryBytesMaximum + 256 * (Stakes.validatorsMaximum + votesMaximum) + 65_536

    /// The file's bytes: keys in a fixed order, indented by two spaces, no newline at the end.
    public var json: [UInt8] {
        var writer = JSONWriter()
        writer.open("{")
        writer.string("format", writtenFormat)
        writer.string("chain_id", certificate.checkpoint.chain.description)
        writer.open("{", key: "summary")
        if let logEntry = try? LogEntry(wireBytes: entry) { Self.summarize(logEntry, &writer) }
        summarizeProof(&writer)
        writer.close("}")
        writer.plain("receipt", Data(wireBytes).base64EncodedString())
        writer.close("}")
        return writer.bytes
    }

    /// Reads a receipt file.
    ///
    /// - Throws: unless the file is, byte for byte, what `json` gives for the receipt in it.
    public init(json: [UInt8]) throws(ReceiptError) {
        guard json.count <= Self.fileBytesMaximum else { throw .tooLarge(bytes: json.count, limit: Self.fileBytesMaximum) }
        guard let text = Text.lastField("receipt", of: json) else { throw .notAReceiptFile }
        guard let bytes = Data(base64Encoded: Data(text)) else { throw .malformedBase64 }
        try self.init(wireBytes: Array(bytes))
        let expected = self.json
        guard json != expected else { return }
        if JSONWriter.withoutWhitespace(json) == JSONWriter.withoutWhitespace(expected) { throw .reformatted }
        throw .edited(offset: zip(json, expected).prefix { $0 == $1 }.count)
    }

    private static func summarize(_ entry: LogEntry, _ writer: inout JSONWriter) {
        writer.string("identifier", entry.identifier.description)
        switch entry {
        case .record(let record):
            writer.string("kind", "record")
            writer.number("bytes", UInt64(record.data.count))
        case .decision(let decision):
            writer.string("kind", "decision")
            writer.string("outcome", decision.outcome.name)
            writer.string("council", decision.proposal.council)
            writer.string("subject", decision.proposal.kind)
            writer.string("text", decision.proposal.text)
            writer.open("{", key: "fields")
            for field in decision.proposal.fields { writer.string(field.name, field.value) }
            writer.close("}")
            if let sealed = decision.proposal.sealed { summarize(sealed, &writer) }
            if let proposer = decision.proposal.proposer { summarize(proposer, &writer) }
            summarize(decision, &writer)
            writer.string("proposed", Text.time(decision.proposed.timestamp))
            writer.string("decided", Text.time(decision.decided.timestamp))
        }
    }

    private static func summarize(_ proposer: Proposer, _ writer: inout JSONWriter) {
        writer.open("{", key: "proposer")
        switch proposer {
        case .key(let signed):
            writer.string("key", proposer.identifier.description)
            writer.string("scheme", signed.scheme.name)
        case .token: writer.string("token", proposer.identifier.description)
        }
        writer.close("}")
    }

    private static func summarize(_ sealed: SealedContent, _ writer: inout JSONWriter) {
        writer.open("{", key: "sealed")
        writer.open("[", key: "recipients")
        for recipient in sealed.recipients { writer.number(nil, UInt64(recipient)) }
        writer.close("]")
        writer.string("outcome", sealed.isOutcomeSealed ? "sealed" : "clear")
        writer.string("envelope_sha256", HashSuite.sha256.hash(sealed.envelope).description)
        writer.close("}")
    }

    /// The votes: of one council as it always was, of several one after the other.
    private static func summarize(_ decision: Decision, _ writer: inout JSONWriter) {
        func write(_ ballot: Ballot) {
            writer.number("threshold_permille", ballot.thresholdPermille)
            writer.open("[", key: "votes")
            for seat in ballot.seats {
                writer.open("{")
                writer.number("seat", UInt64(seat.seat))
                writer.number("weight", seat.weight)
                writer.string("verdict", seat.verdict?.name ?? "none")
                writer.string("reason", seat.reason)
                writer.close("}")
            }
            writer.close("]")
        }
        guard decision.ballots.count > 1 else { return decision.ballots.forEach(write) }
        writer.open("[", key: "ballots")
        for (place, ballot) in decision.ballots.enumerated() {
            writer.open("{")
            let names = decision.proposal.need?.councils ?? []
            writer.string("council", place < names.count ? names[place] : "")
            write(ballot)
            writer.close("}")
        }
        writer.close("]")
    }

    private func summarizeProof(_ writer: inout JSONWriter) {
        let checkpoint = certificate.checkpoint
        writer.number("log_index", index)
        writer.number("log_size", checkpoint.logSize)
        writer.number("checkpoint", checkpoint.index)
        writer.string("checkpoint_time", Text.time(checkpoint.timestamp))
        writer.open("[", key: "signers")
        for proof in certificate.proofs {
            writer.open("{")
            writer.number("validator", UInt64(proof.prefix.author))
            writer.string("scheme", proof.prefix.scheme.name)
            writer.string("time", Text.time(proof.prefix.timestamp))
            writer.close("}")
        }
        writer.close("]")
        if !votes.isEmpty { writer.number("votes_signed", UInt64(votes.count)) }
    }
}

extension SignatureSchemeIdentifier {
    /// The standard's name, or the number of a scheme that is not known here (and with which nothing verifies).
    var name: String { SignatureScheme.identified(self)?.name ?? "unknown scheme \(rawValue)" }
}
