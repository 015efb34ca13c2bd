// Who proposed: one encoding for each proposal, a signature that only its key can make, and the same identifier wherever a client asks again.

import Testing
import TrellisCrypto
import TrellisModel

@Suite struct ProposerTests {
    private static let chain = HashSuite.sha256.hash([1])
    private static let proposal = Proposal(
        nonce: Nonce(idempotencyKey: "k"), kind: "command", text: "make release", fields: ["cwd": "/srv", "agent": "coder"])

    private func key(_ scheme: SignatureScheme = .mlDSA65, seed: UInt8 = 7) throws -> any SigningKey {
        try scheme.signingKey(seed: SecretBytes([UInt8](repeating: seed, count: 32)))
    }

    @Test func aProposalWithoutAProposerIsWhatItWas() {
        let bytes = Self.proposal.wireBytes
        #expect(bytes.first == EntryKind.propose.rawValue)
        #expect(Self.proposal.proposed(by: nil).wireBytes == bytes)
        #expect(Self.proposal.hasValidProposer(chain: Self.chain))
    }

    @Test(arguments: ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"])
    func aKeySignsOneProposalForOneChain(name: String) throws {
        let scheme = try #require(SignatureScheme.named(name))
        let signed = try Self.proposal.signed(by: key(scheme), chain: Self.chain)
        #expect(signed.wireBytes.first == EntryKind.extendedProposal.rawValue)
        #expect(signed.wireBytes.count == Self.proposal.wireBytes.count + 5 + scheme.publicKeySize + scheme.signatureSize)
        #expect(try Proposal(wireBytes: signed.wireBytes, suite: .sha256) == signed)
        #expect(signed.hasValidProposer(chain: Self.chain))
        #expect(!signed.hasValidProposer(chain: HashSuite.sha256.hash([2])))
        let other = Proposal(nonce: signed.nonce, kind: signed.kind, text: "make clean", proposer: signed.proposer)
        #expect(!other.hasValidProposer(chain: Self.chain))
        #expect(signed.proposer?.identifier == HashSuite.sha256.hash(try key(scheme).publicKey))
    }

    @Test func signingAgainGivesTheSameIdentifier() throws {
        let first = try Self.proposal.signed(by: key(), chain: Self.chain)
        #expect(try Self.proposal.signed(by: key(), chain: Self.chain).identifier == first.identifier)
        #expect(try first.signed(by: key(), chain: Self.chain).identifier == first.identifier)
        #expect(try Self.proposal.signed(by: key(seed: 8), chain: Self.chain).identifier != first.identifier)
        #expect(first.identifier != Self.proposal.identifier)
    }

    @Test func otherKeysAreNone() throws {
        for scheme in [SignatureScheme.ed25519, .mlDSA65Ed25519] {
            let key = try scheme.generate()
            #expect(throws: CryptoError.self) { try Self.proposal.signed(by: key, chain: Self.chain) }
            let signature = [UInt8](repeating: 0, count: scheme.signatureSize)
            #expect(ProposerSignature(scheme: scheme.identifier, publicKey: key.publicKey, signature: signature) == nil)
        }
        let key = try key()
        #expect(ProposerSignature(scheme: key.scheme, publicKey: key.publicKey, signature: [1]) == nil)
        #expect(ProposerSignature(scheme: key.scheme, publicKey: [1], signature: [UInt8](repeating: 0, count: 3309)) == nil)
    }

    @Test func everyBitOfAProposersSectionCounts() throws {
        let signed = try Self.proposal.signed(by: key(.mlDSA44), chain: Self.chain)
        let bytes = signed.wireBytes
        for offset in stride(from: Self.proposal.wireBytes.count, to: bytes.count, by: 61) {
            var changed = bytes
            changed[offset] ^= 1
            let read = try? Proposal(wireBytes: changed, suite: .sha256)
            #expect(read?.hasValidProposer(chain: Self.chain) != true, "byte \(offset)")
        }
    }

    @Test func sectionsAreAscendingAtLeastOneAndKnown() throws {
        let token = Proposer.token(Proposer.tokenName(ofHash: HashSuite.sha256.hash([9])))
        let good = Self.proposal.proposed(by: token).wireBytes
        #expect(try Proposal(wireBytes: good, suite: .sha256).proposer == token)
        let fields = [EntryKind.extendedProposal.rawValue] + Self.proposal.wireBytes.dropFirst()
        let section = [UInt8(2)] + token.wireBytes
        #expect(good == fields + [1] + section)
        for bad in [
            fields, fields + [0], fields + [2] + section + section, fields + [1, 3] + token.wireBytes, fields + [1, 0],
            fields + [1, 2, 3], fields + [1, 2, 1, 0x01, 0x00], good + [0], fields + [255] + section,
        ] {
            #expect(throws: WireError.self) { try Proposal(wireBytes: bad, suite: .sha256) }
        }
    }
}
