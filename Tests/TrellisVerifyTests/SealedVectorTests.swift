// Sealing keys, sealed proposals and receipts with sealed answers, in files that this package made for other readers, and in those that
// clients/python made: both are read here and there. Made anew when TRELLIS_MAKE_VECTORS names the folder to write them to.

import Foundation
import Testing
import TrellisCrypto
import TrellisModel
import TrellisVerify

@Suite struct SealedVectorTests {
    private struct File: Codable {
        let source: String
        let genesis: String
        /// As `GET /v1/keys` gives them.
        let keys: String
        /// What opens, by validator, in hexadecimal.
        let secrets: [String]
        let cases: [Case]
    }

    private struct Case: Codable {
        struct Told: Codable, Equatable {
            let verdict: String
            let reason: String
        }

        let comment: String
        let proposal: String
        let kind: String
        let text: String
        let fields: [String: String]
        let reply: String
        let receipt: String
        /// What the proposer reads.
        let outcome: String
        let votes: [Told]
    }

    private static let names = ["sealed_swift.json", "sealed_python.json"]

    @Test(arguments: names) func filesOfEitherSide(_ name: String) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = try JSONDecoder().decode(
            File.self, from: Data(contentsOf: tests.appendingPathComponent("TrellisModelTests/Vectors/\(name)")))
        let genesis = try Genesis(json: Array(file.genesis.utf8))
        let committee = try Committee(genesis: genesis)
        let secrets = try file.secrets.map(Self.key)
        let keys = try SealingKeys(json: Array(file.keys.utf8), committee: committee)
        #expect(keys.keys.map(\.publicKey) == secrets.map(\.publicKey) && keys.keys.map(\.validator) == [0, 1, 2, 3])
        #expect(!file.cases.isEmpty)
        for test in file.cases { try check(test, secrets, genesis, committee) }
    }

    private func check(_ test: Case, _ secrets: [CompositeKEM.PrivateKey], _ genesis: Genesis, _ committee: Committee) throws {
        let proposal = try Proposal(wireBytes: try #require(Hex.decode(test.proposal)), suite: .sha256)
        let reply = try Self.key(test.reply)
        let expected = SealedRequest(kind: test.kind, text: test.text, fields: test.fields, replyKey: reply.publicKey)
        for recipient in try #require(proposal.sealed).recipients {
            #expect(try SealedRequest(opening: proposal, with: [secrets[Int(recipient)]], chain: committee.chain) == expected)
        }
        #expect(proposal.hasValidProposer(chain: committee.chain))
        let verified = try Receipt(json: Array(test.receipt.utf8)).verify(genesis: genesis)
        guard case .decision(let decision) = verified.entry else { throw WireError.invalid(what: "entry", offset: 0) }
        #expect(decision.proposal == proposal)
        let opened = OpenedDecision(decision, with: reply, in: committee)
        #expect(opened.outcome.name == test.outcome)
        #expect(opened.ballots[0].seats.map { Case.Told(verdict: $0.verdict?.name ?? "none", reason: $0.reason) } == test.votes)
    }

    private static func key(_ text: String) throws -> CompositeKEM.PrivateKey {
        try CompositeKEM.PrivateKey(serialized: SecretBytes(try #require(Hex.decode(text))))
    }

    // MARK: Making them

    @Test(.enabled(if: ProcessInfo.processInfo.environment["TRELLIS_MAKE_VECTORS"] != nil))
    func filesForOtherReaders() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["TRELLIS_MAKE_VECTORS"])
        let network = try Network(schemes: [.ed25519, .mlDSA65, .ed25519, .ed25519])
        let secrets = try (0..<4).map { _ in try CompositeKEM.PrivateKey.generate() }
        var keys = SealingKeys(committee: network.committee)
        for (place, secret) in secrets.enumerated() {
            keys.insert(
                try SealingKey(
                    secret.publicKey, of: ValidatorIndex(place), issued: 1_795_000_000_000, signedBy: network.keys[place],
                    chain: network.committee.chain, epoch: 0))
        }
        let file = File(
            source: "Swift: SealedVectorTests", genesis: text(network.genesis.json), keys: text(keys.json), secrets: secrets.map(Self.hex),
            cases: [
                try made("answers", network, keys, isOutcomeSealed: false, [0: .approve, 1: .reject, 3: .abstain]),
                try made("answers and outcome", network, keys, isOutcomeSealed: true, [0: .approve, 1: .approve, 3: .approve]),
            ])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let bytes = try encoder.encode(file) + Data("\n".utf8)
        try bytes.write(to: URL(fileURLWithPath: folder).appendingPathComponent(Self.names[0]))
    }

    /// A proposal sealed to validators 0, 1 and 3, whose seats answer with `verdicts`.
    private func made(
        _ comment: String, _ network: Network, _ keys: SealingKeys, isOutcomeSealed: Bool, _ verdicts: [UInt32: Verdict]
    ) throws -> Case {
        let reply = try CompositeKEM.PrivateKey.generate()
        let chain = network.committee.chain
        let request = SealedRequest(kind: "command", text: "rm -rf größe", fields: ["cwd": "/srv"], replyKey: reply.publicKey)
        let proposal = try request.sealed(
            for: keys.publicKeys.filter { $0.key != 2 }, chain: chain, nonce: Nonce(idempotencyKey: comment), fields: ["agent": "größe"],
            isOutcomeSealed: isOutcomeSealed
        ).signed(by: try SignatureScheme.mlDSA44.generate(), chain: chain)
        let decided = try Decided(network, proposal, seats: [0, 1, 3]) { seat in
            let verdict = verdicts[seat] ?? .abstain
            let place = SealedReason.Place(chain: chain, proposal: proposal.identifier, council: 0, seat: seat)
            let reason = try SealedReason(verdict, "größe \(seat)", to: reply.publicKey, for: place)
            return (isOutcomeSealed ? .sealed : verdict, reason.text)
        }
        let receipt = try decided.receipt()
        guard case .decision(let decision) = try receipt.verify(genesis: network.genesis).entry else {
            throw WireError.invalid(what: "entry", offset: 0)
        }
        let opened = OpenedDecision(decision, with: reply, in: network.committee)
        return Case(
            comment: comment, proposal: Hex.encode(proposal.wireBytes), kind: "command", text: "rm -rf größe", fields: ["cwd": "/srv"],
            reply: Self.hex(reply), receipt: text(receipt.json), outcome: opened.outcome.name,
            votes: opened.ballots[0].seats.map { Case.Told(verdict: $0.verdict?.name ?? "none", reason: $0.reason) })
    }

    private static func hex(_ key: CompositeKEM.PrivateKey) -> String { key.serialized.withBytes { Hex.encode(Array($0)) } }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
