// What happens to messages on their way: delay, loss, doubling, overtaking, partitions. It decides when a letter arrives, nothing else.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

/// One encoded message on its way. A broadcast is one letter to many, decoded once.
final class Letter {
    let sender: ValidatorIndex
    let bytes: [UInt8]
    private var isOpen = false
    private var input: Input?

    init(sender: ValidatorIndex, bytes: [UInt8]) {
        self.sender = sender
        self.bytes = bytes
    }

    /// The input that the message is to a validator, as its intake sees it: decoded, bounded, verified; nil when refused.
    /// `saw` hears once of every block that is valid.
    func open(_ committee: Committee, saw: (BlockReference) -> Void) -> Input? {
        guard !isOpen else { return input }
        isOpen = true
        input = decode(committee)
        if case .blocks(let blocks, _) = input { for block in blocks { saw(block.block.reference) } }
        return input
    }

    private func decode(_ committee: Committee) -> Input? {
        guard let message = try? PeerMessage(wireBytes: bytes, committee: committee) else { return nil }
        switch message {
        case .blocks(let blocks):
            return .blocks(blocks.compactMap { try? VerifiedBlock(wireBytes: $0, committee: committee) }, from: sender)
        case .heartbeat(let heartbeat): return .heartbeat(heartbeat, from: sender)
        case .fetch(let references): return .fetch(references, from: sender)
        case .fetchRounds(let round): return .fetchRounds(round, from: sender)
        case .certificate(let certificate): return (try? certificate.verify(committee)) == nil ? nil : .certificate(certificate)
        }
    }
}

struct SimulatedNetwork {
    let faults: Faults
    private var random: SimulationRandom
    /// Machines in the same group hear one another.
    private(set) var groups: [Int]
    private var loss: Int

    init(machines: Int, faults: Faults, random: SimulationRandom) {
        self.faults = faults
        self.random = random
        groups = [Int](repeating: 0, count: machines)
        loss = faults.loss
    }

    var isPartitioned: Bool { groups.contains { $0 != groups[0] } }

    /// Splits the machines into two groups, or cuts off one.
    mutating func split() {
        let isolated = random.chance(permille: 400) ? random.below(groups.count) : nil
        for machine in groups.indices { groups[machine] = isolated.map { $0 == machine ? 1 : 0 } ?? random.below(2) }
    }

    mutating func join() { groups = [Int](repeating: 0, count: groups.count) }

    mutating func heal() {
        join()
        loss = faults.lossAfter
    }

    /// After how many microseconds the letter arrives, once for every copy; none when it is lost.
    mutating func delays(from sender: Int, to receiver: Int) -> [UInt64] {
        guard groups[sender] == groups[receiver], !random.chance(permille: loss) else { return [] }
        var delays = [delay()]
        if random.chance(permille: faults.duplicate) { delays.append(delay()) }
        return delays
    }

    private mutating func delay() -> UInt64 {
        let delay = random.between(faults.delay.least, faults.delay.most)
        return random.chance(permille: faults.straggler) ? delay * random.between(2, 20) : delay
    }
}

extension PeerMessage {
    /// For the transcript.
    var summary: String {
        switch self {
        case .blocks(let blocks): "\(blocks.count) \(blocks.count == 1 ? "block" : "blocks")"
        case .heartbeat(let heartbeat): "heartbeat, round \(heartbeat.round), certified \(heartbeat.certified)"
        case .fetch(let references): "send me \(references.prefix(4).map(\.description).joined(separator: " "))"
        case .fetchRounds(let round): "send me all from round \(round)"
        case .certificate(let certificate): "certificate of checkpoint \(certificate.checkpoint.index)"
        }
    }
}
