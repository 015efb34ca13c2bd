// The values that Scripts/make-wire-vectors.py encodes, and the vectors it wrote.

import Foundation
import TrellisCrypto
import TrellisModel

/// Bytes start, start + 1, … modulo 256.
func countUp(_ start: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: start + $0) } }

func digest(_ start: Int, _ suite: HashSuite = .sha256) throws -> Digest {
    guard let digest = Digest(countUp(start, suite.digestSize)) else { throw WireError.invalid(what: "digest", offset: 0) }
    return digest
}

func nonce(_ start: Int) throws -> Nonce {
    guard let nonce = Nonce(countUp(start, Nonce.size)) else { throw WireError.invalid(what: "nonce", offset: 0) }
    return nonce
}

/// A file of this target's `Vectors`.
func vectors(_ name: String) throws -> [String: String] {
    guard let url = Bundle.module.url(forResource: "Vectors/" + name, withExtension: "json") else {
        throw CocoaError(.fileNoSuchFile)
    }
    return try JSONDecoder().decode([String: String].self, from: Data(contentsOf: url))
}

/// Four validators with real keys of two schemes, and any chain identifier.
func committee(_ suite: HashSuite, chain: Digest) throws -> Committee {
    let validators = try (0..<4).map { number in
        let scheme: SignatureScheme = number == 0 ? .mlDSA65 : .ed25519
        let key = try scheme.signingKey(seed: SecretBytes(countUp(number, 32)))
        let parsed = try scheme.verifyingKey(key.publicKey)
        return Validator(name: "v\(number)", stake: 1, scheme: scheme, key: parsed, identityKey: parsed)
    }
    guard let stakes = Stakes([1, 1, 1, 1]) else { throw WireError.invalid(what: "stakes", offset: 0) }
    let seats = validators.enumerated().map { number, validator in
        Council.Seat(name: validator.name, weight: 1, validator: UInt32(number), scheme: validator.scheme, key: validator.key)
    }
    return Committee(
        chain: chain, epoch: 0, suite: suite, validators: validators, stakes: stakes,
        councils: [Council(name: "default", thresholdPermille: 670, deadline: 30_000, seats: seats)], parameters: Parameters())
}

enum Samples {
    static func genesis() -> Genesis {
        let names = ["alpha", "beta", "gamma", "delta"]
        let seats = names.enumerated().map { number, name in
            Genesis.SeatEntry(
                name: "seat " + name, validator: UInt32(number), weight: UInt64(number + 1), scheme: "ML-DSA-87",
                key: countUp(50 + number, 20))
        }
        let only = Genesis.SeatEntry(name: "only", validator: 2, weight: 3, scheme: "ML-DSA-87", key: countUp(52, 20))
        return Genesis(
            name: "vectors", nonce: countUp(1, 16), created: 1_795_000_000_000,
            validators: names.enumerated().map { number, name in
                Genesis.ValidatorEntry(
                    name: name, stake: UInt64(10 + number), scheme: "ML-DSA-65", consensusKey: countUp(number, 40),
                    identityScheme: "Ed25519", identityKey: countUp(100 + number, 32))
            },
            councils: [
                Genesis.CouncilEntry(name: "default", seats: seats),
                Genesis.CouncilEntry(name: "größe", thresholdPermille: 750, deadline: 1, seats: [only]),
            ])
    }

    static func proposal() throws -> Proposal {
        Proposal(nonce: try nonce(7), kind: "command", text: "rm -rf /srv/data", fields: ["z": "", "cwd": "/srv", "agent": "α"])
    }

    static func record() throws -> Record { Record(nonce: try nonce(9), data: countUp(200, 100)) }

    static func votes() throws -> [Vote] {
        [
            Vote(proposal: try proposal().identifier, verdict: .approve, reason: "reading is harmless"),
            Vote(proposal: try digest(3), verdict: .abstain, reason: ""),
        ]
    }

    static func batch() throws -> VoteBatch { VoteBatch(council: 1, seat: 2, votes: try votes(), signature: countUp(11, 70)) }

    static func decision() throws -> Decision {
        Decision(
            proposal: try proposal(), outcome: .rejected, thresholdPermille: 670,
            seats: [
                SeatVote(seat: 0, weight: 1, verdict: .approve, reason: "ok"),
                SeatVote(seat: 1, weight: 2, verdict: .reject, reason: "größe"),
                SeatVote(seat: 2, weight: 3, verdict: .abstain, reason: ""),
                SeatVote(seat: 3, weight: 4, verdict: nil, reason: ""),
            ], proposed: OrderPoint(commit: 4, timestamp: 1_795_000_001_000), decided: OrderPoint(commit: 6, timestamp: 1_795_000_002_000))
    }

    static func jointDecision() throws -> Decision {
        Decision(
            proposal: Proposal(nonce: try nonce(8), council: "default or größe", kind: "text", text: "both?"), outcome: .approved,
            ballots: [
                Ballot(
                    thresholdPermille: 670,
                    seats: [
                        SeatVote(seat: 0, weight: 1, verdict: .approve, reason: "yes"),
                        SeatVote(seat: 1, weight: 2, verdict: nil, reason: ""),
                    ]),
                Ballot(thresholdPermille: 750, seats: [SeatVote(seat: 0, weight: 3, verdict: .approve, reason: "")]),
            ], proposed: OrderPoint(commit: 4, timestamp: 1_795_000_001_000), decided: OrderPoint(commit: 6, timestamp: 1_795_000_002_000))
    }

    static func payload() throws -> Payload {
        Payload([Transaction(try record()), Transaction(try proposal()), Transaction(try batch())])
    }

    static func header(_ suite: HashSuite, author: ValidatorIndex = 2, attestations: [Attestation]) throws -> BlockHeader {
        BlockHeader(
            prefix: BlockPrefix(epoch: 0, round: 77, author: author, timestamp: 1_795_000_000_123, scheme: .mlDSA65),
            parents: [
                BlockReference(round: 76, author: author, digest: try digest(1, suite)),
                BlockReference(round: 76, author: 0, digest: try digest(2, suite)),
                BlockReference(round: 74, author: 3, digest: try digest(3, suite)),
            ],
            payloadRoot: try payload().root, attestations: attestations)
    }

    static func attestations(_ suite: HashSuite) throws -> [Attestation] {
        [Attestation(index: 41, checkpoint: try digest(20, suite)), Attestation(index: 43, checkpoint: try digest(21, suite))]
    }

    static func commit(_ suite: HashSuite) throws -> Commit {
        let leader = BlockReference(round: 77, author: 2, digest: try digest(33, suite))
        let blocks = [
            BlockReference(round: 75, author: 1, digest: try digest(31, suite)),
            BlockReference(round: 76, author: 0, digest: try digest(32, suite)), leader,
        ]
        return Commit(
            index: 1, leader: leader, blocks: blocks, timestamp: 1_795_000_000_100,
            previous: Commit.origin(chain: try digest(5), suite: suite), suite: suite)
    }

    static func checkpoint(_ suite: HashSuite) throws -> Checkpoint {
        let empty = Record(nonce: try nonce(1), data: [])
        let leaves = [try record().identifier, Merkle.leafHash(try decision().wireBytes), empty.identifier]
        return Checkpoint(
            chain: try digest(5), epoch: 0, index: 43, commit: try commit(suite).digest, logSize: 3, logRoot: Merkle.root(leaves),
            state: try digest(60, suite), timestamp: 1_795_000_002_000)
    }

    static func certificate(_ suite: HashSuite) throws -> CheckpointCertificate {
        let checkpoint = try checkpoint(suite)
        let attested = Attestation(index: 43, checkpoint: checkpoint.digest(suite))
        let committee = try committee(suite, chain: try digest(5))
        let proofs = try [3, 0, 1].map { author in
            let header = try header(suite, author: ValidatorIndex(author), attestations: [attested])
            let block = Block(header: header, payload: try payload(), signature: countUp(70 + author, 80), committee: committee)
            return AttestationProof(block, suite: suite)
        }
        return CheckpointCertificate(checkpoint: checkpoint, proofs: proofs)
    }
}
