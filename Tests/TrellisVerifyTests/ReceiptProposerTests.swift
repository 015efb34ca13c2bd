// Who proposed, as a receipt proves it: a key's own signature, or one validator's word for a token.

import Testing
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisVerify

@Suite struct ReceiptProposerTests {
    private let network: Network
    private let key: any SigningKey

    init() throws {
        network = try .small()
        key = try SignatureScheme.mlDSA65.signingKey(seed: SecretBytes([UInt8](repeating: 3, count: 32)))
    }

    @Test func aKeyProvesThatItsHolderAsked() throws {
        let decided = try Decided(network) { try Decided.proposal.signed(by: key, chain: $0).proposer }
        let receipt = try decided.receipt()
        let verified = try Receipt(json: receipt.json).verify(genesis: network.genesis)
        #expect(verified.identifier == decided.proposal.identifier)
        let name = HashSuite.sha256.hash(key.publicKey)
        let lines = verified.report()
        #expect(lines.contains("  proposed by key \(name), signed with ML-DSA-65"))
        #expect(lines.contains("  who holds the proposer's key asked for exactly this, of this chain: no validator could invent it"))
        #expect(!lines.contains { $0.contains("who proposed it") })
        #expect(String(decoding: receipt.json, as: UTF8.self).contains("\"key\": \"\(name)\""))
    }

    @Test func aTokenIsAValidatorsWord() throws {
        let name = Proposer.tokenName(ofHash: HashSuite.sha256.hash([1]))
        let receipt = try Decided(network, proposedBy: { _ in .token(name) }).receipt()
        let lines = try Receipt(json: receipt.json).verify(genesis: network.genesis).report()
        #expect(lines.contains("  proposed by token \(name), as the validator said that took it"))
        #expect(lines.contains("  who proposed it: the token that it names is one validator's word"))
    }

    /// No honest validator accepts a block with such a proposal; a quorum that certified one is not honest.
    @Test func aProposerThatDidNotSignIsAContradiction() throws {
        let elsewhere = HashSuite.sha256.hash([1])
        let decided = try Decided(network) { _ in try Decided.proposal.signed(by: key, chain: elsewhere).proposer }
        #expect(throws: ReceiptError.contradiction("the key that it names as its proposer did not sign it")) {
            try decided.receipt().verify(genesis: network.genesis)
        }
    }
}
