// Evidence of misbehaviour with real keys: what proves something, what does not, and files that were touched.

import Testing
import TrellisCrypto
import TrellisModel
import TrellisVerify

@Suite struct EvidenceTests {
    let network: Network

    init() throws { network = try Network.lattice() }

    private var suite: HashSuite { network.committee.suite }

    private func proof(_ author: ValidatorIndex, _ attestations: [(UInt64, UInt8)], epoch: Epoch = 0, key: Int? = nil) throws
        -> AttestationProof
    {
        let attested = attestations.map { Attestation(index: $0, checkpoint: suite.hash([$1])) }
        return AttestationProof(try network.block(author, attesting: attested, epoch: epoch, key: key), suite: suite)
    }

    private func file(_ evidence: Evidence?) throws -> EvidenceFile {
        EvidenceFile(suite: suite, chain: network.committee.chain, evidence: try #require(evidence))
    }

    @Test func bothOffencesAreProven() throws {
        let (left, right) = (try proof(2, [(7, 1), (8, 2), (9, 3)]), try proof(2, [(7, 1), (8, 4), (9, 5)]))
        for (offence, position) in [(Offence.twinBlocks, UInt64(9)), (.conflictingAttestations, 8)] {
            let file = try file(Evidence(offence, left, right))
            #expect(file.evidence.position == position && file.evidence.author == 2)
            #expect(try #require(Evidence(offence, right, left)) == file.evidence, "the order of the headers is of no account")
            let again = try EvidenceFile(json: file.json)
            #expect(again == file)
            let verified = try again.verify(genesis: network.genesis)
            #expect(verified.evidence.key == EvidenceKey(author: 2, offence: offence, position: position))
            #expect(verified.report().first?.contains("validator-2") == true)
        }
    }

    @Test func headersThatDoNotContradictProveNothing() throws {
        let header = try proof(1, [(7, 1)])
        // ML-DSA is hedged: one header, two signatures.
        let signedAgain = try proof(1, [(7, 1)])
        #expect(header.signature != signedAgain.signature)
        for offence in Offence.allCases {
            #expect(Evidence(offence, header, signedAgain) == nil)
            #expect(Evidence(offence, header, try proof(2, [(7, 2)])) == nil)
            #expect(Evidence(offence, header, try proof(1, [(7, 2)], epoch: 1)) == nil)
        }
        #expect(Evidence(.conflictingAttestations, header, try proof(1, [(8, 2)])) == nil)
    }

    @Test func whoDidNotSignIsNotAccused() throws {
        let forged = try file(Evidence(.twinBlocks, try proof(1, [(7, 1)]), try proof(1, [(7, 2)], key: 2)))
        #expect(throws: EvidenceError.notSigned(.badSignature(1))) { try forged.verify(genesis: network.genesis) }
        let foreign = try file(Evidence(.twinBlocks, try proof(1, [(7, 1)], epoch: 4), try proof(1, [(7, 2)], epoch: 4)))
        #expect(throws: EvidenceError.notSigned(.otherEpoch(expected: 0, found: 4))) { try foreign.verify(genesis: network.genesis) }
        let good = try file(Evidence(.twinBlocks, try proof(1, [(7, 1)]), try proof(1, [(7, 2)])))
        let other = try Network.lattice(seed: 9)
        #expect(throws: EvidenceError.otherChain(expected: other.committee.chain, found: network.committee.chain)) {
            try good.verify(genesis: other.genesis)
        }
        let moved = EvidenceFile(suite: suite, chain: other.committee.chain, evidence: good.evidence)
        #expect(throws: EvidenceError.notSigned(.badSignature(1))) { try moved.verify(genesis: other.genesis) }
    }

    @Test func everyChangedByteIsNoticed() throws {
        let small = try Network.small()
        func proof(_ tag: UInt8) throws -> AttestationProof {
            let attested = Attestation(index: 7, checkpoint: suite.hash([tag]))
            return AttestationProof(try small.block(3, attesting: [attested]), suite: suite)
        }
        let evidence = try #require(Evidence(.conflictingAttestations, try proof(1), try proof(2)))
        let json = EvidenceFile(suite: suite, chain: small.committee.chain, evidence: evidence).json
        for position in json.indices {
            var changed = json
            changed[position] ^= 1
            #expect(throws: EvidenceError.self, "byte \(position)") { try EvidenceFile(json: changed).verify(genesis: small.genesis) }
        }
        for length in json.indices { #expect(throws: EvidenceError.self) { try EvidenceFile(json: Array(json[..<length])) } }
        #expect(throws: EvidenceError.self) { try EvidenceFile(json: json + Array("\n".utf8)) }
        #expect(throws: EvidenceError.self) { try EvidenceFile(json: [UInt8](repeating: 0x20, count: EvidenceFile.fileBytesMaximum + 1)) }
        #expect(EvidenceFile.isOne(json))
        #expect(throws: ReceiptError.notAReceiptFile) { try Receipt(json: json) }
    }
}
