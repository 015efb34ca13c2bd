// What leaves a simulated machine: blocks signed, synced and published in that order, and answers to those who lack some.

import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisReplica

extension SimulatedValidator {
    private var others: [ValidatorIndex] { committee.validators.indices.map { ValidatorIndex($0) }.filter { $0 != identity } }

    func seal(_ header: BlockHeader, _ payload: Payload) {
        var header = header
        conspire { adversary, view in
            header = adversary.seal(header, view)
            return []
        }
        world.schedule(.sealed(number, generation, world.keys.sign(header, payload)), after: work())
    }

    func publish(_ block: Block, _ process: SimulatedProcess) throws {
        try process.storage.seal(block)
        noteDurable(process.storage)
        if block.round < record.mark { world.witness.violation("\(name) publishes round \(block.round) below its mark") }
        if isCorrect { checkOwn(block, above: record.mark, process) }
        record.mark = block.round
        health.isMarkStale = false
        guard !random.chance(permille: world.crashAtPublish) else { return crashAndRestart() }
        world.note("\(name) publishes \(block.reference): \(block.header.parents.count) parents, \(block.payload.count) transactions")
        world.published(self)
        hasForgotten = false
        let isCutShort = random.chance(permille: world.crashAtPublish)
        if blocksToHide > 0, world.mayShut(on: self, in: block.round) {
            blocksToHide -= 1
            if blocksToHide > 0 { world.mute(self) } else { world.spring(self, showing: block) }
        } else if isCutShort {
            for peer in others where random.chance(permille: 500) { world.send(.blocks([block.encoded]), from: self, to: peer) }
            crashAndRestart()
        } else if adversary != nil {
            try conspire { adversary, view in
                let twins = adversary.twins(of: block, view)
                for twin in twins { try store(twin, on: process.storage) }
                return adversary.publish(block, twins: twins, view)
            }
        } else {
            world.send(.blocks([block.encoded]), from: self, to: nil)
        }
    }

    func crashAndRestart() {
        crash()
        world.schedule(.restart(number), after: random.between(1000, 2_000_000))
    }

    /// - Parameter mark: the round that was signed for before.
    private func checkOwn(_ block: Block, above mark: Round, _ process: SimulatedProcess) {
        let needed = ([block.reference] + block.header.parents)
            .filter { $0.round > process.core.gcRound && !process.storage.ledger.isInFoundation($0) }
        for reference in needed where !record.isDurable(reference) {
            world.witness.violation("\(name) publishes \(block.reference) before \(reference) is durable")
        }
        for attestation in block.header.attestations where !executedCheckpoints.contains(attestation) {
            world.witness.violation("\(name) attests checkpoint \(attestation.index), which it did not execute")
        }
        // A block that was stored and not published counts as built, and so does one that the journal lost.
        let built = max(mark, block.header.parents.first?.round ?? 0)
        let decided = process.core.lastDecidedRound
        if block.round > max(built + 1, decided + 3) {
            world.witness.violation("\(name) skips from round \(built) to \(block.round) while only \(decided) is decided")
        }
    }

    func send(_ message: PeerMessage, to peer: ValidatorIndex) {
        var said = message
        conspire { adversary, view in
            said = adversary.says(message, to: peer, view)
            return []
        }
        world.send(said, from: self, to: peer)
    }

    func serve(to peer: ValidatorIndex, _ read: () throws -> [[UInt8]]) rethrows {
        var blocks = try read()
        conspire { adversary, view in
            blocks = adversary.serve(blocks, to: peer, view)
            return []
        }
        if !blocks.isEmpty { world.send(.blocks(blocks), from: self, to: peer) }
    }
}
