// Entries of the log from peers: nothing is taken that is not proven to be of the certified log. And the states that are offered.

import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisLedger

@Suite struct LogExtensionTests {
    private static let entries: [[UInt8]] = (0..<100).map { number in
        let nonce = Nonce(idempotencyKey: "\(number)")
        return Record(nonce: nonce, data: [UInt8(number)]).wireBytes
    }

    private var leaves: [Digest] { Self.entries.map { Merkle.leafHash($0) } }

    private func checkpoint(_ size: Int) -> Checkpoint {
        Checkpoint(
            chain: committee.chain, epoch: 0, index: 9, commit: leaves[0], logSize: UInt64(size),
            logRoot: Merkle.root(Array(leaves[..<size])),
            state: leaves[0], timestamp: 0)
    }

    private func proof(_ old: Int, _ new: Int) -> [Digest] {
        Merkle.consistencyProof(oldSize: old, leafHashes: Array(leaves[..<new])) ?? []
    }

    private func take(_ entries: [[UInt8]], _ proof: [Digest], _ checkpoint: Checkpoint, _ log: inout LogExtension) -> Bool {
        log.append(entries, proof: proof, to: checkpoint) != nil
    }

    @Test func takesProvenPartsOnly() throws {
        let checkpoint = checkpoint(90)
        var log = LogExtension(Ledger(committee: committee))
        let taken = log.append(Array(Self.entries[..<33]), proof: proof(33, 90), to: checkpoint)
        let first = try #require(taken)
        #expect(first.appended.map(\.identifier) == Array(leaves[..<33]))
        #expect(first.appended.map(\.index) == (0..<33).map { UInt64($0) })
        // Left out, changed, in another order, under another proof, too many.
        let next = Array(Self.entries[33..<70])
        #expect(!take(Array(next.dropFirst()), proof(70, 90), checkpoint, &log))
        #expect(!take([next[1], next[0]] + next.dropFirst(2), proof(70, 90), checkpoint, &log))
        #expect(!take(next, proof(69, 90), checkpoint, &log))
        #expect(!take(next, [], checkpoint, &log))
        #expect(!take(Array(Self.entries[33..<95]), [], checkpoint, &log))
        #expect(!take([[0xFF, 1]], [], checkpoint, &log))
        #expect(log.size == 33)
        #expect(take(next, proof(70, 90), checkpoint, &log))
        #expect(take(Array(Self.entries[70..<90]), [], checkpoint, &log))
        #expect(log.size == 90)
    }

    @Test func theOwnLogMustBeABeginningOfTheCertifiedOne() throws {
        var log = LogExtension(Ledger(committee: committee))
        let other = Array(Self.entries[10..<20])
        let foreign = Merkle.root(other.map { Merkle.leafHash($0) })
        let ownChain = Checkpoint(
            chain: committee.chain, epoch: 0, index: 1, commit: leaves[0], logSize: 10, logRoot: foreign, state: leaves[0], timestamp: 0)
        #expect(take(other, [], ownChain, &log))
        #expect(!take(Array(Self.entries[10..<33]), proof(33, 90), checkpoint(90), &log))
    }
}
