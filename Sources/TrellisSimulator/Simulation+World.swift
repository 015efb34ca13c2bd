// What the machines of a simulation can do to the world around them, and what the world learns from them.

import TrellisConsensus
import TrellisCrypto
import TrellisModel

extension Simulation: SimulatedWorld {
    func send(_ message: PeerMessage, from machine: SimulatedValidator, to peer: ValidatorIndex?) {
        ship(Shipment(body: .message(message), to: peer), from: machine)
    }

    func ship(_ shipment: Shipment, from machine: SimulatedValidator) {
        guard shipment.after == 0 else {
            var later = shipment
            later.after = 0
            return schedule(.ship(machine.number, later), after: shipment.after)
        }
        let letter = Letter(sender: machine.identity, body: shipment.body)
        let isBusiness = isBusiness(shipment, from: machine)
        let bytes = faults.narrowLink > 0 ? shipment.body.size : 0
        for receiver in machines where receiver.identity != machine.identity && receiver.isUp {
            if let peer = shipment.to, receiver.identity != peer { continue }
            // Each of the two machines of one key is heard by half of the others.
            if machine.behaviour == .twins, (receiver.number + machine.number) % 2 == 0, receiver.number % 3 != 0 { continue }
            report.messages += 1
            if isBusiness, machine.isCorrect { businessMessages += 1 }
            for delay in network.delays(from: machine.number, to: receiver.number, at: now, bytes: bytes) {
                schedule(.deliver(letter, to: receiver.number), after: delay)
            }
        }
    }

    /// Whether a message is no heartbeat.
    private func isBusiness(_ shipment: Shipment, from machine: SimulatedValidator) -> Bool {
        guard case .message(let message) = shipment.body else {
            note("\(machine.name) to \(shipment.to.map { "v\($0)" } ?? "all"): bytes")
            return false
        }
        if case .heartbeat = message { return false }
        note("\(machine.name) to \(shipment.to.map { "v\($0)" } ?? "all"): \(message.summary)")
        return true
    }

    func note(_ line: @autoclosure () -> String) {
        guard configuration.transcript else { return }
        let time = SimulationReport.milliseconds(now)
        report.transcript.append(String(repeating: " ", count: max(0, 12 - time.utf8.count)) + time + "  " + line())
    }

    func isCorrect(_ validator: ValidatorIndex) -> Bool { machines[Int(validator)].isCorrect }

    var crashAtPublish: Int { isHealed ? 0 : faults.crashAtPublish }

    func installed(_ machine: SimulatedValidator) { report.installed += 1 }

    func reached(_ level: ThresholdLevel) { report.levels.insert(level) }

    func published(_ machine: SimulatedValidator) { lastPublishedAt = now }

    func accepted(_ block: Block, by machine: SimulatedValidator) {
        guard machine.isCorrect else { return }
        witness.accepted(block, keys.committee, by: machine.name)
        guard let core = machine.process?.core, !isCorrect(block.author) else { return }
        if block.round + 3 < core.round, !block.payload.isEmpty { givenOutLateAt = now }
        let extra = core.dag.slot(block.round, block.author).dropFirst(2)
        if extra.contains(where: { $0.reference == block.reference }) { witness.acceptedTwin(block.reference, by: machine.name) }
    }

    /// A commit rests on a certificate, and whoever votes for a block has it and all below it on disk, or had. The fast path's certificates are
    /// majorities, which may be less than a quorum.
    func committed(_ commit: Commit, by machine: SimulatedValidator) {
        guard witness.committed(commit, by: machine.name), faults.damage == 0 else { return }
        let stakes = keys.committee.stakes
        let correct = machines.filter(\.isCorrect)
        let adversarial = stakes.total - correct.reduce(Stake(0)) { $0 + stakes[$1.identity] }
        let certificate = keys.committee.fastPath?.majority ?? stakes.quorum
        guard certificate > adversarial else { return }
        for block in commit.blocks {
            let stake = correct.filter { $0.losses > 0 || $0.record.isDurable(block) }.reduce(Stake(0)) { $0 + stakes[$1.identity] }
            guard stake + adversarial < certificate else { continue }
            witness.violation("\(machine.name) commits \(block), which correct validators of stake \(stake) have on disk")
        }
    }

    func logged(_ identifiers: [Digest], at machine: SimulatedValidator) {
        for identifier in identifiers {
            guard let place = submissionsByIdentifier[identifier], submissions[place].machine == machine.number else { continue }
            if submissions[place].loggedAt == nil { submissions[place].loggedAt = now }
        }
    }

    func certified(_ checkpoint: Checkpoint, at machine: SimulatedValidator) {
        for place in submissions.indices.reversed() where submissions[place].machine == machine.number {
            guard submissions[place].certifiedAt == nil else { break }
            if submissions[place].loggedAt != nil { submissions[place].certifiedAt = now }
        }
    }

    /// A client whose validator crashed gives it everything again that is not in its ledger.
    func resubmit(to machine: SimulatedValidator) {
        let lost = submissions.filter { $0.machine == machine.number && !machine.record.isLogged($0.transaction.identifier) }
        if !lost.isEmpty { machine.take(.submit(lost.map(\.transaction))) }
    }

    /// Connections come up between this machine and all others.
    func greet(_ machine: SimulatedValidator) {
        for other in machines
        where other.identity != machine.identity && other.isUp && network.connects(other.number, machine.number) {
            schedule(.connected(machine.number, to: other.identity), after: random.below(20_000))
            schedule(.connected(other.number, to: machine.identity), after: random.below(20_000))
        }
    }
}
