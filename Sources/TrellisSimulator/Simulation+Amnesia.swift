// Validators that forget what they signed: who may lose its disk, when, and what the network does meanwhile. Also journals of a later release.

import TrellisConsensus
import TrellisModel
import TrellisReplica

extension Simulation {
    func loseDisk(of machine: SimulatedValidator) {
        machine.lose(random.chance(permille: 500) ? .wiped : Loss.allCases[random.below(Loss.allCases.count)])
    }

    /// At most f of the stake has forgotten what it signed at a time; and unless safety is all that is checked, correct validators of a quorum
    /// can tell it, and go on without it until it has signed again.
    func mayLose(_ machine: SimulatedValidator) -> Bool {
        // Its mark may be behind, and only its journal tells.
        guard !machine.health.isMarkStale else { return false }
        let stakes = keys.committee.stakes
        func stake(_ condition: (SimulatedValidator) -> Bool) -> Stake { machines.filter(condition).reduce(0) { $0 + stakes[$1.identity] } }
        guard stake({ $0.hasForgotten || $0.mayForget || $0.number == machine.number }) <= stakes.faulty else { return false }
        let tellers = stake { $0.isCorrect && !$0.hasForgotten && !$0.mayForget && $0.damage == 0 && $0.number != machine.number }
        return faults.isSafetyOnly || tellers >= stakes.quorum
    }

    /// Whether a machine may come to doubt its mark: as `mayLose`, or where nobody could tell it and it relies on what it has.
    func mayForget(_ machine: SimulatedValidator) -> Bool {
        mayLose(machine) || !ValidatorDirectory.canBeTold(machine.identity, of: keys.committee)
    }

    /// An operator gives a validator the journal back that it refused to start with.
    func operate(_ machine: SimulatedValidator) {
        machine.undoPostdate()
        if !machine.isUp, !isHealed { machine.start() }
    }

    // MARK: The worst moment

    /// Leaves some behind, correct validators of at most f of the stake. Some other will show its newest block to liars alone, and the one before
    /// to nobody at times, and lose its disk; then those come back, and who knows better is cut off instead.
    func setTrap() {
        guard !isHealed else { return }
        schedule(.trap, after: random.between(2_000_000, 2_000_000 + 2 * faults.trapEvery))
        let stakes = keys.committee.stakes
        var left = stakes.faulty
        laggards = []
        for machine in random.shuffled(machines.filter(\.isCorrect)) where stakes[machine.identity] <= left {
            left -= stakes[machine.identity]
            laggards.insert(machine.number)
        }
        network.separate(laggards)
        note("machines \(laggards.sorted()) are left behind")
        schedule(.arm, after: random.between(200_000, 1_500_000))
    }

    func armTrap() {
        let candidates = machines.filter { $0.isCorrect && $0.isUp && !laggards.contains($0.number) && mayLose($0) }
        guard !isHealed, !candidates.isEmpty else { return join() }
        candidates[random.below(candidates.count)].blocksToHide = 1 + random.below(2)
    }

    /// Under every other seed the trap waits until nobody else whose word counts has built this round: then only liars know of it.
    func mayShut(on machine: SimulatedValidator, in round: Round) -> Bool {
        configuration.seed % 2 == 1
            || machines.allSatisfy { !$0.isCorrect || $0.number == machine.number || $0.process?.core.round ?? 0 < round }
    }

    func mute(_ machine: SimulatedValidator) {
        network.mute(machine.number)
        note("nobody hears \(machine.name)")
    }

    func spring(_ machine: SimulatedValidator, showing block: Block) {
        machine.crash()
        machine.lose(random.chance(permille: 500) ? .wiped : .restored)
        report.crashes += 1
        let witnesses = machines.filter { $0.isCorrect && $0.number != machine.number && !laggards.contains($0.number) }
        network.separate(Set(witnesses.map(\.number)))
        for liar in Set(machines.filter { !$0.isCorrect }.map(\.identity)).sorted() {
            send(.blocks([block.encoded]), from: machine, to: liar)
        }
        note("who knows better than \(machine.name) is cut off")
        schedule(.restart(machine.number), after: random.between(1000, 200_000))
        let join = random.between(1_000_000, 4_000_000)
        schedule(.join, after: join)
        // Some of them miss what is on its way to them, so that they build that round no sooner than who has forgotten it.
        for witness in witnesses where witness.isUp && random.chance(permille: 500) {
            witness.crash()
            report.crashes += 1
            schedule(.restart(witness.number), after: join + random.below(UInt64(200_000)))
        }
    }
}
