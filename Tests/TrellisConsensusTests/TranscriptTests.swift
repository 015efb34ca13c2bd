// Ten instructive runs, held against Transcripts/*.txt line by line. After a change that is meant to change them:
//
//     TRELLIS_REWRITE_TRANSCRIPTS=1 swift test --filter TranscriptTests
//
// and read the difference.

import Foundation
import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct TranscriptTests {
    private func compare(_ network: TranscriptNetwork, with name: String) throws {
        if ProcessInfo.processInfo.environment["TRELLIS_REWRITE_TRANSCRIPTS"] != nil {
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Transcripts")
            try network.text.write(to: folder.appendingPathComponent(name + ".txt"), atomically: true, encoding: .utf8)
            return
        }
        let url = try #require(
            Bundle.module.url(forResource: "Transcripts/" + name, withExtension: "txt"), "there is no transcript \(name)")
        let expected = try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        let found = network.text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, pair) in zip(expected, found).enumerated() where pair.0 != pair.1 {
            Issue.record("\(name).txt:\(number + 1)\n expected \(pair.0)\n    found \(pair.1)")
            return
        }
        #expect(expected.count == found.count, "\(name).txt")
    }

    @Test func crashedLeader() throws {
        let network = TranscriptNetwork(
            "The leader of round 2, C, is down: the round waits for it, and is then skipped.", try TestCommittee(), down: [2])
        network.submit(1, to: 0)
        network.advance(to: 1500)
        #expect(network.commits(of: 0).count > 2)
        try compare(network, with: "crashed-leader")
    }

    @Test func equivocatingLeader() throws {
        let test = try TestCommittee()
        let network = TranscriptNetwork("The leader of round 1, B, shows D another block than the others.", test)
        network.publishes = { block, peer in
            guard block.author == 1, block.round == 1, peer == 3 else { return block }
            return test.block(1, 1, block.header.parents, timestamp: block.timestamp + 1)
        }
        network.submit(1, to: 0)
        network.advance(to: 1000)
        try compare(network, with: "equivocating-leader")
    }

    @Test func partitionAndHeal() throws {
        let network = TranscriptNetwork("A is cut off from 35 ms to 800 ms, while the others go on.", try TestCommittee())
        network.delivers = { _, from, to, at in !(35..<800).contains(at) || (from != 0 && to != 0) }
        network.submit(1, to: 1)
        network.advance(to: 100)
        network.submit(2, to: 2)
        network.advance(to: 2000)
        #expect(network.commits(of: 0) == network.commits(of: 1))
        try compare(network, with: "partition-and-heal")
    }

    @Test func idleAndWake() throws {
        let network = TranscriptNetwork("A transaction, an idle minute with nothing but heartbeats, and another.", try TestCommittee())
        network.submit(1, to: 0)
        network.advance(to: 5000)
        network.remark("a minute later")
        network.delivers = { message, _, _, _ in if case .heartbeat = message { false } else { true } }
        let before = network.lines.count
        network.advance(to: 65_000)
        #expect(network.lines.count - before < 200)
        network.submit(2, to: 0)
        network.advance(to: 66_000)
        try compare(network, with: "idle-and-wake")
    }

    @Test func lateJoiner() throws {
        let network = TranscriptNetwork("A comes up when the others have been busy for a while.", try TestCommittee(), down: [0])
        for number in UInt64(1)...4 {
            network.submit(number, to: 1)
            network.advance(to: number * 400)
        }
        network.start(0)
        network.advance(to: 4000)
        #expect(network.commits(of: 0).map(\.digest) == network.commits(of: 1).map(\.digest))
        try compare(network, with: "late-joiner")
    }

    @Test func withheldBlock() throws {
        let network = TranscriptNetwork("D shows its blocks to C alone. A asks C, who built on them.", try TestCommittee())
        network.delivers = { message, from, to, _ in
            if from == 3, to != 2, case .blocks = message { false } else { true }
        }
        network.submit(1, to: 3)
        network.advance(to: 1500)
        #expect(network.commits(of: 0).contains { !$0.blocks.isEmpty })
        try compare(network, with: "withheld-block")
    }

    @Test func finWhaleFast() throws {
        let network = TranscriptNetwork(
            "FinWhale: three votes commit, one round earlier than under the base rule.",
            try TestCommittee(parameters: Parameters(fastPathFaults: 1)))
        network.submit(1, to: 0)
        network.advance(to: 1000)
        try compare(network, with: "finwhale-fast")
    }

    @Test func finWhaleSlow() throws {
        let network = TranscriptNetwork(
            "FinWhale: B's blocks reach C alone at first. B1 gets too few votes to commit at once; the rounds above decide.",
            try TestCommittee(parameters: Parameters(fastPathFaults: 1)))
        network.delivers = { message, from, to, at in
            guard at < 900, case .blocks(let encoded) = message, encoded.count == 1, from == 1 else { return true }
            return to == 2
        }
        network.submit(1, to: 0)
        network.advance(to: 2500)
        try compare(network, with: "finwhale-slow")
    }

    @Test func scheduleChange() throws {
        let network = TranscriptNetwork(
            "D is down. After five commits its slots are another's, and no round waits for it any more.",
            try TestCommittee(parameters: Parameters(scheduleInterval: 5)), down: [3])
        for number in UInt64(1)...3 {
            network.submit(number, to: 0)
            network.advance(to: number * 800)
        }
        #expect(network.commits(of: 0).contains { $0.standing?.leaders[3] != 3 })
        try compare(network, with: "schedule-change")
    }

    @Test func restart() throws {
        let network = TranscriptNetwork("A crashes after it published a block, and starts again from its journal.", try TestCommittee())
        network.submit(1, to: 0)
        network.advance(to: 45)
        network.crash(0)
        network.advance(to: 600)
        network.start(0)
        network.submit(2, to: 0)
        network.advance(to: 2000)
        #expect(network.commits(of: 0).map(\.digest) == network.commits(of: 1).map(\.digest))
        try compare(network, with: "restart")
    }
}
