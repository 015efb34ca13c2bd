// What goes wrong in a run, and when: crashes, partitions, clogged machines, stopped processes, clocks that jump, adversaries that act.

import TrellisConsensus
import TrellisModel
import TrellisStorage

extension Simulation {
    func scheduleFaults() {
        let kinds: [(SimulatedEvent, every: UInt64)] = [
            (.crash, faults.crashEvery), (.split, faults.partitionEvery), (.clog, faults.clogEvery), (.pause, faults.pauseEvery),
            (.jump, faults.jumpEvery), (.trouble, faults.troubleEvery), (.trap, faults.trapEvery),
            (.starve, faults.starveEvery),
        ]
        for (event, every) in kinds where every > 0 { schedule(event, after: random.below(2 * every)) }
    }

    private func correctAndUp() -> SimulatedValidator? {
        let up = machines.filter { $0.isCorrect && $0.isUp }
        return up.isEmpty ? nil : up[random.below(up.count)]
    }

    func crashOne() {
        guard !isHealed else { return }
        schedule(.crash, after: random.below(2 * faults.crashEvery))
        guard let machine = correctAndUp() else { return }
        // Whoever is away for long misses much only where the others go on.
        guard !faults.isAbsent || isSpare(machine) || random.chance(permille: 200) else { return }
        machine.crash()
        report.crashes += 1
        if faults.amnesia > 0, random.chance(permille: faults.amnesia), mayLose(machine) {
            loseDisk(of: machine)
        } else if faults.postdate > 0, random.chance(permille: faults.postdate), machine.postdate() {
            note("a later release writes to \(machine.name)'s journal")
            schedule(.operate(machine.number), after: random.between(100_000, configuration.duration * 1000))
        }
        // Some stay down until all is over, and find themselves far behind.
        let isLong = faults.isAbsent || random.chance(permille: 150)
        let longest = configuration.duration * (faults.isAbsent ? 1000 : 2000)
        schedule(.restart(machine.number), after: random.between(1000, isLong ? longest : 3_000_000))
        if random.chance(permille: faults.crashLoop) { schedule(.crashAgain(machine.number), after: random.below(UInt64(1_000_000))) }
    }

    /// Whether the others who are up are a quorum.
    private func isSpare(_ machine: SimulatedValidator) -> Bool {
        let up = machines.filter { $0.isUp && $0.number != machine.number && $0.behaviour != .silent }
        let stakes = keys.committee.stakes
        return Set(up.map(\.identity)).reduce(0) { $0 + stakes[$1] } >= stakes.quorum
    }

    /// Like a process that its supervisor starts again each time.
    func crashAgain(_ machine: SimulatedValidator) {
        guard !isHealed else { return }
        if machine.isUp {
            machine.crash()
            report.crashes += 1
        }
        schedule(.restart(machine.number), after: random.between(1000, 100_000))
        if random.chance(permille: 800) { schedule(.crashAgain(machine.number), after: random.between(1000, 300_000)) }
    }

    func split() {
        guard !isHealed else { return }
        let line = network.split()
        note(line)
        schedule(.join, after: random.between(50_000, 3_000_000))
    }

    func join() {
        guard network.isPartitioned else { return }
        network.join()
        note("partition over")
        if random.chance(permille: 700) { for machine in machines where machine.isUp { greet(machine) } }
        if !isHealed, faults.partitionEvery > 0 { schedule(.split, after: random.below(2 * faults.partitionEvery)) }
    }

    func clog() {
        guard !isHealed else { return }
        network.clog(at: now)
        note("machines clog")
        schedule(.clog, after: random.between(1_000_000, 1_000_000 + 2 * faults.clogEvery))
    }

    func pauseOne() {
        guard !isHealed else { return }
        schedule(.pause, after: random.below(2 * faults.pauseEvery))
        guard let machine = correctAndUp() else { return }
        machine.pausedUntil = now + random.between(10_000, random.chance(permille: 200) ? 4_000_000 : 800_000)
        note("\(machine.name) stops until \(SimulationReport.milliseconds(machine.pausedUntil))")
    }

    /// A disk fills up, fails its next sync, or does something wrong without telling.
    func troubleOne() {
        guard !isHealed else { return }
        schedule(.trouble, after: random.below(2 * faults.troubleEvery))
        guard let machine = correctAndUp() else { return }
        // A sync that fails may tear the mark: then the validator does not rely on it.
        var trouble: DiskTrouble = random.chance(permille: 500) || !mayForget(machine) ? .full : .failingSync
        if machine.health.luck.chance(permille: 300) { trouble = .flippedRead }
        if machine.damage > 0, machine.health.luck.chance(permille: 400) { trouble = .misdirected }
        machine.trouble(trouble)
        note("\(machine.name)'s disk: \(trouble)")
    }

    func jumpOne() {
        guard !isHealed else { return }
        schedule(.jump, after: random.below(2 * faults.jumpEvery))
        guard let machine = correctAndUp() else { return }
        machine.clock.jump(&machine.random)
        note("\(machine.name)'s clock says \(machine.moment.wall)")
    }

    /// Everything is repaired: network, clocks, processes.
    func heal() {
        isHealed = true
        note("healed")
        join()
        network.heal()
        conspiracy.scarcity = nil
        for machine in machines {
            machine.clock.discipline()
            machine.disk.mend()
            machine.undoPostdate()
            machine.blocksToHide = 0
            machine.pausedUntil = 0
            // Whose disk did wrong in files that no start looks through: it is repaired by now.
            if machine.isUp, machine.health.isSuspect { machine.crash() }
            if machine.behaviour != .silent, !machine.isUp { machine.start() }
        }
        for machine in machines where machine.isUp { greet(machine) }
    }

    /// An adversary does what it does now and then; more rarely while all else is quiet.
    func act(_ machine: SimulatedValidator) {
        schedule(.act(machine.number), after: random.between(10_000, isHealed ? 2_000_000 : 200_000))
        var work: [Transaction] = []
        machine.conspire { adversary, view in
            work = adversary.work(view)
            return adversary.act(view)
        }
        if !work.isEmpty { machine.take(.submit(work)) }
    }
}
