// What happens to messages on their way: delay, loss, doubling, replay, overtaking, slow links, clogged machines, partitions of both kinds.
// It decides when a letter arrives, nothing else.

import TrellisConsensus
import TrellisModel

struct SimulatedNetwork {
    let faults: Faults
    private var random: SimulationRandom
    private let machines: Int
    /// Whether what the row's machine sends reaches the column's.
    private var isCut: [[Bool]]
    private var factors: [[UInt64]]
    /// What a machine sends or is sent within these times waits until their end.
    private var clogs: [(from: UInt64, to: UInt64)]
    private var loss: Int
    private var isHealed = false
    /// The machine that is slow where one is.
    let slowMachine: Int
    /// The machine whose links are narrow, and the size of the largest message.
    private let narrowMachine: Int
    private let messageBytes: UInt64

    init(machines: Int, faults: Faults, messageBytes: Int, random: SimulationRandom) {
        self.faults = faults
        self.random = random
        self.machines = machines
        self.messageBytes = UInt64(max(1, messageBytes))
        narrowMachine = faults.narrowLink > 0 ? self.random.below(machines) : machines
        loss = faults.loss
        isCut = Self.whole(machines)
        slowMachine = self.random.below(machines)
        clogs = [(from: UInt64, to: UInt64)](repeating: (0, 0), count: machines)
        factors = [[UInt64]](repeating: [UInt64](repeating: 1, count: machines), count: machines)
        for sender in 0..<machines {
            for receiver in 0..<machines where self.random.chance(permille: faults.slowLink) {
                factors[sender][receiver] = self.random.between(2, 10)
            }
        }
        if faults.hasSlowMachine {
            for other in 0..<machines {
                factors[slowMachine][other] = 10
                factors[other][slowMachine] = 10
            }
        }
    }

    private static func whole(_ machines: Int) -> [[Bool]] {
        [[Bool]](repeating: [Bool](repeating: false, count: machines), count: machines)
    }

    var isPartitioned: Bool { isCut.contains { $0.contains(true) } }

    func connects(_ one: Int, _ other: Int) -> Bool { !isCut[one][other] && !isCut[other][one] }

    /// Cuts off one machine, splits the machines into two groups, or cuts single directions of links. Returns a line for the transcript.
    mutating func split() -> String {
        isCut = Self.whole(machines)
        switch random.below(5) {
        case 0, 1:
            let alone = random.below(machines)
            for other in 0..<machines where other != alone { cut(alone, other) }
            return "machine \(alone) is cut off"
        case 2, 3:
            let groups = (0..<machines).map { _ in random.below(2) }
            for one in 0..<machines { for other in 0..<machines where groups[one] != groups[other] { isCut[one][other] = true } }
            return "partition \(groups)"
        default:
            for one in 0..<machines { for other in 0..<machines where one != other { isCut[one][other] = random.chance(permille: 250) } }
            return "some hear whom they cannot reach"
        }
    }

    /// Cuts off these machines from all others.
    mutating func separate(_ group: Set<Int>) {
        join()
        for one in 0..<machines where group.contains(one) { for other in 0..<machines where !group.contains(other) { cut(one, other) } }
    }

    /// What this machine sends reaches nobody.
    mutating func mute(_ machine: Int) { for other in 0..<machines where other != machine { isCut[machine][other] = true } }

    private mutating func cut(_ one: Int, _ other: Int) {
        isCut[one][other] = true
        isCut[other][one] = true
    }

    mutating func join() { isCut = Self.whole(machines) }

    /// Some machines clog one after the other, and come free in another order.
    mutating func clog(at now: UInt64) {
        for machine in 0..<machines where random.chance(permille: 500) {
            let from = now + random.below(UInt64(1_000_000))
            clogs[machine] = (from: from, to: from + random.below(UInt64(2_500_000)))
        }
    }

    mutating func heal() {
        join()
        isHealed = true
        loss = faults.lossAfter
        clogs = [(from: UInt64, to: UInt64)](repeating: (0, 0), count: machines)
    }

    /// Whether the size of what one sends to the other matters.
    func isNarrow(_ sender: Int, _ receiver: Int) -> Bool { sender == narrowMachine || receiver == narrowMachine }

    /// After how many microseconds the letter arrives, once for every copy; none when it is lost.
    ///
    /// - Parameter bytes: its size, where that matters.
    mutating func delays(from sender: Int, to receiver: Int, at now: UInt64, bytes: Int) -> [UInt64] {
        guard !isCut[sender][receiver], !random.chance(permille: loss) else { return [] }
        var clogged = max(clogged(sender, now), clogged(receiver, now))
        if isNarrow(sender, receiver) { clogged += UInt64(bytes) * faults.narrowLink / messageBytes }
        var delays = [clogged + delay(sender, receiver)]
        if random.chance(permille: faults.duplicate) { delays.append(clogged + delay(sender, receiver)) }
        if !isHealed, random.chance(permille: faults.replay) { delays.append(random.between(1_000_000, 15_000_000)) }
        return delays
    }

    private func clogged(_ machine: Int, _ now: UInt64) -> UInt64 {
        let clog = clogs[machine]
        return clog.from <= now && now < clog.to ? clog.to - now : 0
    }

    private mutating func delay(_ sender: Int, _ receiver: Int) -> UInt64 {
        var delay = random.between(faults.delay.least, faults.delay.most)
        delay = min(delay * factors[sender][receiver], max(delay, 300_000))
        guard random.chance(permille: faults.straggler) else { return delay }
        return delay * random.between(2, !isHealed && random.chance(permille: 50) ? 200 : 20)
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
        case .catchUp(let message): message.summary
        case .recall: "recall"
        case .letPass(let round): "let round \(round) pass"
        case .recalled: "recalled"
        }
    }
}

extension CatchUpMessage {
    /// For the transcript.
    var summary: String {
        switch self {
        case .fetchCommits(let index): "send me the commits after \(index)"
        case .commits(let certified): "\(certified.commits.count) commits up to \(certified.certificate.checkpoint.index)"
        case .fetchCommitted(let references): "send me \(references.count) committed blocks"
        case .committed(let blocks): "\(blocks.count) committed blocks"
        case .offer(let certificate, let size): "take the state after \(certificate.checkpoint.index), \(size) bytes"
        case .fetchState(let index, let offset): "send me the state after \(index) from byte \(offset)"
        case .state(let index, let offset, let bytes): "state after \(index), \(bytes.count) bytes from \(offset)"
        case .fetchEntries(let from, let size): "send me entries from \(from) of \(size)"
        case .entries(let from, let entries, _): "\(entries.count) entries from \(from)"
        case .unavailable: "not here"
        }
    }
}
