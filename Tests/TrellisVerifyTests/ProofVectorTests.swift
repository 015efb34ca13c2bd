// Receipt and evidence files for readers that are not this package (clients/python): made here when TRELLIS_MAKE_VECTORS names the folder to
// write them to, and read here always, so that files that were once handed out stay as they are.

import Foundation
import Testing
import TrellisCrypto
import TrellisModel
import TrellisVerify

@Suite struct ProofVectorTests {
    private struct Committee: Codable {
        let genesis: String
        var cases: [Case]
    }

    private struct Case: Codable {
        let comment: String
        let file: String
        /// `valid`, or what is wrong with it in the words of clients/python.
        let result: String
    }

    private static let name = "proofs.json"

    @Test func filesOnceHandedOut() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = try Data(contentsOf: tests.appendingPathComponent("TrellisModelTests/Vectors/\(Self.name)"))
        let committees = try JSONDecoder().decode([Committee].self, from: file)
        for committee in committees {
            let genesis = try Genesis(json: Array(committee.genesis.utf8))
            for test in committee.cases {
                #expect(Self.isValid(Array(test.file.utf8), genesis) == (test.result == "valid"), "\(genesis.name): \(test.comment)")
            }
        }
    }

    private static func isValid(_ file: [UInt8], _ genesis: Genesis) -> Bool {
        if EvidenceFile.isOne(file) { return (try? EvidenceFile(json: file).verify(genesis: genesis)) != nil }
        return (try? Receipt(json: file).verify(genesis: genesis)) != nil
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["TRELLIS_MAKE_VECTORS"] != nil))
    func filesForOtherReaders() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["TRELLIS_MAKE_VECTORS"])
        let committees = [
            try valid(Network.lattice()),
            try valid(Network(schemes: [.mlDSA87, .mlDSA65Ed25519, .mlDSA44, .mlDSA65Ed25519], hash: .sha384)),
            try valid(Network(schemes: [.ecdsaP384, .ed25519, .ed25519, .ecdsaP384])),
            try refused(Network.small(), other: Network(schemes: Array(repeating: .ed25519, count: 4), seed: 2)),
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let text = try encoder.encode(committees) + Data("\n".utf8)
        try text.write(to: URL(fileURLWithPath: folder).appendingPathComponent(Self.name))
    }

    private func valid(_ network: Network) throws -> Committee {
        let decided = try Decided(network)
        let proofs = try (1...2).map { try header(network, 2, [7: UInt8($0), 8: UInt8($0)]) }
        return Committee(
            genesis: text(network.genesis.json),
            cases: [
                Case(comment: "decision", file: text(try decided.receipt().json), result: "valid"),
                Case(comment: "votes", file: text(try signed(decided).json), result: "valid"),
                Case(comment: "record", file: text(try decided.receipt(0, signers: [0, 2, 3]).json), result: "valid"),
                Case(comment: "last record", file: text(try decided.receipt(2, signers: [0, 1, 2, 3]).json), result: "valid"),
                Case(comment: "twins", file: try evidence(network, .twinBlocks, proofs), result: "valid"),
                Case(comment: "attestations", file: try evidence(network, .conflictingAttestations, proofs), result: "valid"),
            ])
    }

    /// A receipt with the seats' signatures, each on two votes.
    private func signed(_ decided: Decided) throws -> Receipt {
        let (network, plain) = (decided.network, try decided.receipt())
        let verdicts: [Verdict] = [.approve, .abstain, .approve, .approve]
        let votes = try verdicts.enumerated().map { seat, verdict in
            let vote = Vote(proposal: Decided.proposal.identifier, verdict: verdict, reason: "rule \(seat): \"quoted\"")
            let other = Vote(proposal: HashSuite.sha256.hash([1]), verdict: .reject, reason: "")
            let batch = try VoteBatch.signed(
                by: network.keys[seat], chain: network.committee.chain, epoch: 0, council: 0, seat: UInt32(seat), votes: [vote, other])
            return try #require(VoteProof(of: batch, at: 0))
        }
        return Receipt(
            suite: plain.suite, entry: plain.entry, index: plain.index, proof: plain.proof, certificate: plain.certificate, votes: votes)
    }

    private func refused(_ network: Network, other: Network) throws -> Committee {
        let decided = try Decided(network)
        let good = try decided.receipt()
        let moved = Receipt(suite: good.suite, entry: good.entry, index: 2, proof: good.proof, certificate: good.certificate)
        let forged = try (1...2).map { try header(network, 1, [7: UInt8($0)], key: 3) }
        return Committee(
            genesis: text(network.genesis.json),
            cases: [
                Case(comment: "good", file: text(good.json), result: "valid"),
                Case(comment: "too few", file: text(try decided.receipt(signers: [0, 3]).json), result: "certificate"),
                Case(comment: "other place", file: text(moved.json), result: "not-in-log"),
                Case(comment: "other chain", file: text(try Decided(other).receipt().json), result: "other-network"),
                Case(
                    comment: "edited", file: text(good.json).replacingOccurrences(of: "\"approved\"", with: "\"rejected\""),
                    result: "edited"),
                Case(comment: "newline at the end", file: text(good.json) + "\n", result: "edited"),
                Case(comment: "cut", file: String(text(good.json).dropLast(9)), result: "malformed"),
                Case(comment: "accuses another", file: try evidence(network, .twinBlocks, forged), result: "certificate"),
            ])
    }

    private func header(_ network: Network, _ author: ValidatorIndex, _ attested: [UInt64: UInt8], key: Int? = nil) throws
        -> AttestationProof
    {
        let suite = network.committee.suite
        let attestations = attested.sorted { $0.key < $1.key }.map { Attestation(index: $0.key, checkpoint: suite.hash([$0.value])) }
        return AttestationProof(try network.block(author, attesting: attestations, key: key), suite: suite)
    }

    private func evidence(_ network: Network, _ offence: Offence, _ headers: [AttestationProof]) throws -> String {
        let evidence = try #require(Evidence(offence, headers[0], headers[1]))
        return text(EvidenceFile(suite: network.committee.suite, chain: network.committee.chain, evidence: evidence).json)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
