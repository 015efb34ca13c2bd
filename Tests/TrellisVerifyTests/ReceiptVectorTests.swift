// Receipts as an independent implementation of the documented layout writes them (Scripts/make-wire-vectors.py).

import Foundation
import Testing
import TrellisCrypto
import TrellisModel
import TrellisVerify

@Suite struct ReceiptVectorTests {
    @Test(arguments: HashSuite.allCases) func receiptBytes(suite: HashSuite) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = try Data(contentsOf: tests.appendingPathComponent("TrellisModelTests/Vectors/wire.json"))
        let vectors = try JSONDecoder().decode([String: String].self, from: file)
        let bytes = try #require(vectors["\(suite.name)/receipt"].flatMap { Hex.decode($0) })
        let receipt = try Receipt(wireBytes: bytes)
        #expect(receipt.wireBytes == bytes)
        #expect(receipt.suite == suite && receipt.index == 1 && receipt.proof.count == 2)
        #expect(Hex.encode(receipt.entry) == vectors["decision"])
        #expect(Hex.encode(receipt.certificate.wireBytes) == vectors["\(suite.name)/certificate"])
        #expect(receipt.certificate.proofs.map(\.prefix.author) == [0, 1, 3])
        let checkpoint = receipt.certificate.checkpoint
        let leaf = Merkle.leafHash(receipt.entry)
        #expect(Merkle.verifyInclusion(leafHash: leaf, index: 1, size: 3, proof: receipt.proof, root: checkpoint.logRoot))
        #expect(try Receipt(json: receipt.json) == receipt)
        let longer = try #require(vectors["\(suite.name)/receipt_with_votes"].flatMap { Hex.decode($0) })
        let withVotes = try Receipt(wireBytes: longer)
        #expect(withVotes.wireBytes == longer)
        #expect(withVotes.votes.map(\.seat) == [0, 2] && withVotes.votes.map(\.path.count) == [2, 0])
        #expect(try Receipt(json: withVotes.json) == withVotes)
        #expect(
            Receipt(
                suite: suite, entry: withVotes.entry, index: 1, proof: withVotes.proof, certificate: withVotes.certificate
            ) == receipt)
    }
}
