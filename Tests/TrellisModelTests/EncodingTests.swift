// One fixed hash for each wire type over 1,024 generated values; each value comes back as it went, and no shorter, longer or random input
// is taken for another one. A changed hash is a changed protocol.

import Testing
import TrellisCrypto
import TrellisModel

@Suite struct EncodingTests {
    /// Encodes 1,024 values, checks each, and compares the hash of all encodings with the checked-in one.
    private func conform<T: WireEncodable & WireDecodable & Equatable>(
        _ type: T.Type, _ variant: String? = nil, _ make: (inout Seeded, HashSuite) throws -> T
    ) throws {
        let name = variant ?? "\(type)"
        var generator = Seeded(UInt64(name.utf8.reduce(0) { $0 * 31 % 65_521 + Int($1) }))
        var all: [UInt8] = []
        for round in 0..<1024 {
            let suite: HashSuite = round % 2 == 0 ? .sha256 : .sha384
            let value = try make(&generator, suite)
            let bytes = value.wireBytes
            all += bytes
            #expect(try T(wireBytes: bytes, suite: suite) == value)
            var failures = 0
            for length in bytes.indices where (try? T(wireBytes: Array(bytes[..<length]), suite: suite)) == nil { failures += 1 }
            #expect(failures == bytes.count, "\(name) \(round): a prefix was decoded")
            #expect((try? T(wireBytes: bytes + [0], suite: suite)) == nil)
            try mutate(bytes, &generator) { try T(wireBytes: $0, suite: suite).wireBytes }
        }
        for _ in 0..<4096 {
            let noise = generator.bytes(generator.below(160))
            if let value = try? T(wireBytes: noise, suite: .sha256) { #expect(value.wireBytes == noise) }
        }
        try expectFixed(name, all)
    }

    private func expectFixed(_ name: String, _ encodings: [UInt8]) throws {
        let hash = HashSuite.sha256.hash(encodings).description
        let expected = try vectors("encodings")[name] ?? ""
        #expect(hash == expected, "\(name): \(hash)")
    }

    /// Whatever a changed encoding decodes to, it has no other encoding.
    private func mutate(_ bytes: [UInt8], _ generator: inout Seeded, _ recode: ([UInt8]) throws -> [UInt8]) throws {
        for _ in 0..<4 {
            var changed = bytes
            changed[generator.below(bytes.count)] ^= UInt8(1 << generator.below(8))
            if let again = try? recode(changed) { #expect(again == changed) }
        }
    }

    @Test func blockReference() throws { try conform(BlockReference.self) { $0.reference($1) } }
    @Test func attestation() throws { try conform(Attestation.self) { Attestation(index: $0.u64(), checkpoint: $0.digest($1)) } }
    @Test func blockPrefix() throws { try conform(BlockPrefix.self) { generator, _ in generator.prefix() } }
    @Test func orderPoint() throws {
        try conform(OrderPoint.self) { generator, _ in OrderPoint(commit: generator.u64(), timestamp: generator.u64()) }
    }
    @Test func commit() throws { try conform(Commit.self) { $0.commit($1) } }
    @Test func checkpoint() throws { try conform(Checkpoint.self) { $0.checkpoint($1) } }
    @Test func proposal() throws { try conform(Proposal.self) { generator, _ in try generator.proposal() } }
    @Test func extendedProposal() throws {
        try conform(Proposal.self, "extendedProposal") { generator, _ in try generator.extendedProposal() }
    }
    @Test func sealedProposal() throws {
        try conform(Proposal.self, "sealedProposal") { generator, _ in try generator.sealedProposal() }
    }
    @Test func sealedDecision() throws {
        try conform(Decision.self, "sealedDecision") { generator, _ in try generator.sealedDecision() }
    }
    @Test func record() throws { try conform(Record.self) { generator, _ in try generator.record() } }
    @Test func vote() throws { try conform(Vote.self) { generator, _ in generator.vote() } }
    @Test func voteBatch() throws { try conform(VoteBatch.self) { generator, _ in generator.voteBatch() } }
    @Test func voteProof() throws {
        try conform(VoteProof.self) { generator, _ in try #require(try generator.voteProof()) }
    }
    @Test func seatVote() throws { try conform(SeatVote.self) { generator, _ in generator.seatVote() } }
    @Test func jointDecision() throws { try conform(Decision.self, "jointDecision") { generator, _ in try generator.jointDecision() } }
    @Test func decision() throws { try conform(Decision.self) { generator, _ in try generator.decision() } }

    @Test func attestationProof() throws {
        let committees = try Committees()
        try conform(AttestationProof.self) { try $0.proof(committees[$1]) }
    }

    @Test func evidence() throws {
        let committees = try Committees()
        try conform(Evidence.self) { try $0.evidence(committees[$1]) }
    }

    @Test func checkpointCertificate() throws {
        let committees = try Committees()
        try conform(CheckpointCertificate.self) { generator, suite in
            let checkpoint = generator.checkpoint(suite)
            let proofs = try (0..<generator.below(3)).map { _ in try generator.proof(committees[suite]) }
            return CheckpointCertificate(checkpoint: checkpoint, proofs: proofs)
        }
    }

    /// Blocks decode within a committee's limits and check their payload root, so they are no `WireDecodable`.
    @Test func block() throws {
        let committees = try Committees()
        var generator = Seeded(99)
        var all: [UInt8] = []
        for round in 0..<1024 {
            let committee = committees[round % 2 == 0 ? .sha256 : .sha384]
            let block = try generator.block(committee)
            all += block.encoded
            let decoded = try Block(wireBytes: block.encoded, committee: committee)
            #expect(decoded.reference == block.reference && decoded.payload.identifiers == block.payload.identifiers)
            #expect(decoded.payload.transactions == block.payload.transactions)
            var failures = 0
            for length in block.encoded.indices where (try? Block(wireBytes: Array(block.encoded[..<length]), committee: committee)) == nil
            {
                failures += 1
            }
            #expect(failures == block.encoded.count)
            #expect((try? Block(wireBytes: block.encoded + [0], committee: committee)) == nil)
            try mutate(block.encoded, &generator) { bytes in
                let block = try Block(wireBytes: bytes, committee: committee)
                return Block(header: block.header, payload: block.payload, signature: block.signature, committee: committee).encoded
            }
        }
        for _ in 0..<4096 { _ = try? Block(wireBytes: generator.bytes(generator.below(300)), committee: committees[.sha256]) }
        try expectFixed("Block", all)
    }

    @Test func genesis() throws {
        var generator = Seeded(98)
        var all: [UInt8] = []
        for _ in 0..<1024 { all += generator.genesis().wireBytes }
        try expectFixed("Genesis", all)
    }

    @Test func logEntry() throws {
        var generator = Seeded(97)
        for _ in 0..<256 {
            for entry in [
                LogEntry.decision(try generator.decision()), .decision(try generator.jointDecision()), .record(try generator.record()),
            ] {
                #expect(try LogEntry(wireBytes: entry.wireBytes) == entry)
            }
            let noise = [[3, 16, 17][generator.below(3)]] + generator.bytes(generator.below(200))
            if let entry = try? LogEntry(wireBytes: noise) { #expect(entry.wireBytes == noise) }
        }
        for kind: UInt8 in [0, 1, 2, 4, 18, 255] {
            #expect(throws: WireError.invalid(what: "log entry kind", offset: 0)) { try LogEntry(wireBytes: [kind]) }
        }
    }

    /// Counts far beyond the input are refused before anything is reserved for them.
    @Test func hugeCounts() throws {
        let committee = try Committees()[.sha256]
        let prefix = Seeded(1).copy { $0.prefix() }.wireBytes
        #expect(throws: WireError.tooMany(what: "parents", count: 0xFFFF_FFFF, limit: 4)) {
            try Block(wireBytes: prefix + [255, 255, 255, 255], committee: committee)
        }
        let votes: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255]
        #expect(throws: WireError.tooMany(what: "votes", count: 0xFFFF_FFFF, limit: 1024)) {
            try VoteBatch(wireBytes: votes, suite: .sha256)
        }
        #expect(throws: WireError.tooMany(what: "block bytes", count: committee.limits.blockBytes + 1, limit: committee.limits.blockBytes))
        {
            try Block(wireBytes: [UInt8](repeating: 0, count: committee.limits.blockBytes + 1), committee: committee)
        }
    }
}

/// One committee for each hash suite.
struct Committees {
    private let narrow: Committee
    private let wide: Committee

    init() throws {
        narrow = try committee(.sha256, chain: try digest(5))
        wide = try committee(.sha384, chain: try digest(5))
    }

    subscript(suite: HashSuite) -> Committee { suite == .sha256 ? narrow : wide }
}
