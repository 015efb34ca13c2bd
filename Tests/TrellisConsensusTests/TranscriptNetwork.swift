// Four cores on a simulated clock, every message 10 ms on its way, and what one of them is given and answers, one line each, in words. Blocks
// are called by author and round: C7 is what validator 2 built for round 7, C7~1 its twin.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

final class TranscriptNetwork {
    private enum Event {
        case message(PeerMessage, from: ValidatorIndex)
        case wake(token: Int)
        case connected(ValidatorIndex)
    }

    private struct Machine {
        var core: Core
        var journal: [Block] = []
        var commits: [Commit] = []
        var mark: Round = 0
        var isUp = true
        var wakeToken = 0
        var logSize: UInt64 = 0
        var checkpoint: Checkpoint?
    }

    let test: TestCommittee
    private(set) var lines: [String] = []
    /// The validator whose transcript this is.
    private let told: ValidatorIndex
    private var machines: [Machine]
    private var queue: [(at: UInt64, number: Int, to: ValidatorIndex, event: Event)] = []
    private var sequence = 0
    private var now: UInt64 = 0
    private var names: [BlockReference: String] = [:]
    /// Whether a message gets through.
    var delivers: (_ message: PeerMessage, _ from: ValidatorIndex, _ to: ValidatorIndex, _ at: UInt64) -> Bool = { _, _, _, _ in true }
    /// What a validator publishes to each other one instead of its own block.
    var publishes: ((_ block: Block, _ to: ValidatorIndex) -> Block?)?

    init(_ title: String, _ test: TestCommittee, told: ValidatorIndex = 0, down: Set<ValidatorIndex> = []) {
        self.test = test
        self.told = told
        machines = test.authors.map { Machine(core: Core(committee: test.committee, own: $0, pacing: Pacing())) }
        for author in test.authors { names[Block.genesis(author: author, committee: test.committee).reference] = Self.letter(author) + "0" }
        for author in down { machines[Int(author)].isUp = false }
        lines.append(title)
        lines.append("")
        for left in test.authors {
            for right in test.authors where left != right && !down.contains(left) && !down.contains(right) {
                schedule(.connected(right), to: left, after: 0)
            }
        }
    }

    var text: String { lines.joined(separator: "\n") + "\n" }
    func commits(of validator: ValidatorIndex) -> [Commit] { machines[Int(validator)].commits }
    func core(of validator: ValidatorIndex) -> Core { machines[Int(validator)].core }

    // MARK: What happens

    func remark(_ text: String) { lines.append("--- " + text) }

    func advance(to end: UInt64) {
        while let place = queue.indices.min(by: { (queue[$0].at, queue[$0].number) < (queue[$1].at, queue[$1].number) }),
            queue[place].at <= end
        {
            let next = queue.remove(at: place)
            now = next.at
            handle(next.event, at: next.to)
        }
        now = end
    }

    private func handle(_ event: Event, at validator: ValidatorIndex) {
        guard machines[Int(validator)].isUp else { return }
        switch event {
        case .message(let message, let sender):
            if let input = input(message, from: sender) { step(input, at: validator) }
        case .wake(let token): if token == machines[Int(validator)].wakeToken { step(.tick, at: validator) }
        case .connected(let peer): step(.connected(peer), at: validator)
        }
    }

    func submit(_ number: UInt64, to validator: ValidatorIndex) { step(.submit([test.record(number)]), at: validator) }

    func crash(_ validator: ValidatorIndex) {
        machines[Int(validator)].isUp = false
        tell(validator, "crashes")
    }

    /// From what is in its journal.
    func start(_ validator: ValidatorIndex) {
        let old = machines[Int(validator)]
        let recovered = Recovered(commits: old.commits, blocks: old.journal, highWater: old.mark)
        var machine = Machine(core: Core(committee: test.committee, own: validator, pacing: Pacing(), recovered: recovered))
        (machine.journal, machine.commits, machine.mark) = (old.journal, old.commits, old.mark)
        (machine.logSize, machine.checkpoint, machine.wakeToken) = (old.logSize, old.checkpoint, old.wakeToken + 1)
        machines[Int(validator)] = machine
        tell(validator, "starts with \(old.journal.count) blocks, \(old.commits.count) commits, signed up to round \(old.mark)")
        step(.executed(old.checkpoint, nextDeadline: nil), at: validator)
        for peer in test.authors where peer != validator && machines[Int(peer)].isUp {
            schedule(.connected(peer), to: validator, after: 0)
            schedule(.connected(validator), to: peer, after: 0)
        }
    }

    private func schedule(_ event: Event, to validator: ValidatorIndex, after delay: UInt64) {
        sequence += 1
        queue.append((now + delay, sequence, validator, event))
    }

    private func input(_ message: PeerMessage, from sender: ValidatorIndex) -> Input? {
        if case .blocks(let encoded) = message {
            return .blocks(encoded.compactMap { try? VerifiedBlock(wireBytes: $0, committee: test.committee) }, from: sender)
        }
        if case .heartbeat(let heartbeat) = message { return .heartbeat(heartbeat, from: sender) }
        if case .fetch(let references) = message { return .fetch(references, from: sender) }
        if case .fetchRounds(let round) = message { return .fetchRounds(round, from: sender) }
        if case .certificate(let certificate) = message { return .certificate(certificate) }
        return nil
    }

    // MARK: One step

    private func step(_ first: Input, at validator: ValidatorIndex) {
        var inputs = [first]
        while !inputs.isEmpty {
            let input = inputs.removeFirst()
            let effects = machines[Int(validator)].core.step(input, now: Moment(monotonic: now, wall: 1_000_000 + now))
            for effect in effects { note(effect) }
            // A tick that brings nothing but the next one is no news.
            if !isQuiet(input, effects) {
                tell(validator, words(input))
                for effect in effects { if let words = words(effect) { tell(validator, "    " + words, at: false) } }
            }
            for effect in effects { if let answer = carryOut(effect, of: validator) { inputs.append(answer) } }
        }
    }

    private func isQuiet(_ input: Input, _ effects: [Effect]) -> Bool {
        let isNothing = effects.allSatisfy { if case .wake = $0 { true } else { false } }
        switch input {
        case .tick, .executed, .heartbeat: return isNothing
        default: return false
        }
    }

    private func carryOut(_ effect: Effect, of validator: ValidatorIndex) -> Input? {
        switch effect {
        case .seal(let header, let payload):
            let block = test.sign(header, payload)
            name(block.reference)
            return .sealed(block)
        case .store(let block): machines[Int(validator)].journal.append(block)
        case .storeCommit(let commit): machines[Int(validator)].commits.append(commit)
        case .publish(let block):
            machines[Int(validator)].mark = block.round
            for peer in test.authors where peer != validator {
                let shown = publishes.map { $0(block, peer) } ?? block
                if let shown {
                    name(shown.reference)
                    send(.blocks([shown.encoded]), from: validator, to: peer)
                }
            }
        case .send(let message, let peer): send(message, from: validator, to: peer)
        case .broadcast(let message): for peer in test.authors where peer != validator { send(message, from: validator, to: peer) }
        case .serve(let references, let peer):
            serve(machines[Int(validator)].journal.filter { references.contains($0.reference) }, from: validator, to: peer)
        case .serveRounds(let round, let peer):
            let blocks = machines[Int(validator)].journal.filter { $0.round >= round }.sorted { $0.round < $1.round }
            serve(Array(blocks.prefix(12)), from: validator, to: peer)
        case .execute(let commit, let payloads): return execute(commit, payloads, at: validator)
        case .wake(let at):
            machines[Int(validator)].wakeToken += 1
            schedule(.wake(token: machines[Int(validator)].wakeToken), to: validator, after: at > now ? at - now : 0)
        default: break
        }
        return nil
    }

    private func serve(_ blocks: [Block], from validator: ValidatorIndex, to peer: ValidatorIndex) {
        if !blocks.isEmpty { send(.blocks(blocks.map(\.encoded)), from: validator, to: peer) }
    }

    private func send(_ message: PeerMessage, from validator: ValidatorIndex, to peer: ValidatorIndex) {
        guard delivers(message, validator, peer, now) else { return }
        schedule(.message(message, from: validator), to: peer, after: 10)
    }

    /// A ledger that counts transactions.
    private func execute(_ commit: Commit, _ payloads: [Payload], at validator: ValidatorIndex) -> Input {
        let count = payloads.reduce(0) { $0 + $1.count }
        guard count > 0 else { return .executed(nil, nextDeadline: nil) }
        machines[Int(validator)].logSize += UInt64(count)
        let size = machines[Int(validator)].logSize
        let root = HashSuite.sha256.hash([UInt8(truncatingIfNeeded: size)])
        let checkpoint = Checkpoint(
            chain: test.committee.chain, epoch: 0, index: commit.index, commit: commit.digest, logSize: size, logRoot: root, state: root,
            timestamp: commit.timestamp)
        machines[Int(validator)].checkpoint = checkpoint
        return .executed(checkpoint, nextDeadline: nil)
    }

    // MARK: Words

    private static func letter(_ author: ValidatorIndex) -> String { String(UnicodeScalar(UInt8(65 + author % 26))) }

    @discardableResult
    private func name(_ reference: BlockReference) -> String {
        if let known = names[reference] { return known }
        let plain = Self.letter(reference.author) + "\(reference.round)"
        let twins = names.values.count { $0 == plain || $0.hasPrefix(plain + "~") }
        let name = twins == 0 ? plain : "\(plain)~\(twins)"
        names[reference] = name
        return name
    }

    private func note(_ effect: Effect) {
        if case .store(let block) = effect { name(block.reference) }
    }

    private func tell(_ validator: ValidatorIndex, _ words: String, at isTimed: Bool = true) {
        guard validator == told else { return }
        let time = "\(now)"
        lines.append((isTimed ? String(repeating: " ", count: max(0, 6 - time.utf8.count)) + time : "      ") + "  " + words)
    }

    private func list(_ references: [BlockReference]) -> String { references.map { name($0) }.joined(separator: " ") }

    private func words(_ input: Input) -> String {
        if case .submit(let transactions) = input { return "a client gives it \(counted(transactions.count, "transaction"))" }
        if case .blocks(let blocks, let sender) = input { return "\(Self.letter(sender)) sends \(list(blocks.map(\.block.reference)))" }
        if case .heartbeat(let heartbeat, let sender) = input {
            return "\(Self.letter(sender)) is \(words(PeerMessage.heartbeat(heartbeat)))"
        }
        if case .certificate(let certificate) = input { return "a \(words(PeerMessage.certificate(certificate))) arrives" }
        if case .fetch(let references, let sender) = input { return "\(Self.letter(sender)) asks for \(list(references))" }
        if case .fetchRounds(let round, let sender) = input { return "\(Self.letter(sender)) asks for all from round \(round) on" }
        if case .connected(let peer) = input { return "\(Self.letter(peer)) is connected" }
        if case .sealed(let block) = input { return "\(name(block.reference)) is signed" }
        if case .executed(let checkpoint, _) = input {
            return checkpoint.map { "checkpoint \($0.index) is executed, \(counted(Int($0.logSize), "entry", "entries"))" }
                ?? "nothing changed"
        }
        return "wakes up"
    }

    private func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        "\(count) \(count == 1 ? one : many ?? one + "s")"
    }

    private func words(_ effect: Effect) -> String? {
        switch effect {
        case .seal(let header, let payload):
            "builds round \(header.prefix.round) on \(list(header.parents))"
                + (payload.isEmpty ? "" : ", with \(counted(payload.count, "transaction"))")
                + (header.attestations.isEmpty
                    ? "" : ", attests checkpoint " + header.attestations.map { "\($0.index)" }.joined(separator: " "))
        case .store(let block): "accepts \(name(block.reference))"
        case .storeCommit(let commit):
            "commits \(name(commit.leader)): \(list(commit.blocks))"
                + (commit.standing.map { $0.since == commit.leader.round ? "; now \(leaders($0.leaders)) lead" : "" } ?? "")
        case .publish(let block): "publishes \(name(block.reference))"
        case .send(let message, let peer): "tells \(Self.letter(peer)): \(words(message))"
        case .broadcast(let message): "tells all: \(words(message))"
        case .serve(let references, let peer): "serves \(list(references)) to \(Self.letter(peer))"
        case .serveRounds(let round, let peer): "serves all from round \(round) on to \(Self.letter(peer))"
        case .certified(let certificate): "holds a certificate of checkpoint \(certificate.checkpoint.index)"
        case .equivocation: "sees an equivocation"
        case .diverged: "diverges"
        default: nil
        }
    }

    private func leaders(_ leaders: [ValidatorIndex]) -> String { leaders.map(Self.letter).joined(separator: " ") }

    private func words(_ message: PeerMessage) -> String {
        if case .blocks(let encoded) = message {
            return list(encoded.compactMap { try? Block(wireBytes: $0, committee: test.committee).reference })
        }
        if case .heartbeat(let heartbeat) = message { return "at round \(heartbeat.round), certified \(heartbeat.certified)" }
        if case .fetch(let references) = message { return "give me \(list(references))" }
        if case .fetchRounds(let round) = message { return "give me all from round \(round) on" }
        if case .certificate(let certificate) = message { return "certificate of checkpoint \(certificate.checkpoint.index)" }
        return "something else"
    }
}
