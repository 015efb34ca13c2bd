// The course of a run: things go wrong; the network heals and light load follows; quiet; a lone transaction after a long idle time. And
// what must hold at the end of each part.

import TrellisConsensus
import TrellisCrypto
import TrellisLedger
import TrellisModel
import TrellisReplica
import TrellisVerify

extension Simulation {
    /// Time from healing until everything submitted must be everywhere and all must be quiet, in microseconds.
    private var settleTime: UInt64 { faults.isByzantine ? 75_000_000 : 45_000_000 }
    /// Time from healing until everybody has what any had by then.
    private var catchUpTime: UInt64 { faults.narrowLink > 0 ? 60_000_000 : 15_000_000 }
    /// How long before its end nothing may be published.
    private var quietTime: UInt64 { 8_000_000 }

    private var correct: [SimulatedValidator] { machines.filter(\.isCorrect) }
    /// Evidence against adversaries may come into the log at any time.
    private var hasAdversary: Bool { machines.contains { !$0.isCorrect && $0.behaviour != .silent } }
    /// Adversaries that may keep others awake, but must not keep them busy.
    private var isNoisy: Bool { machines.contains { $0.adversary?.isNoisy == true } }

    func runPhases() {
        schedule(.client, after: 20_000)
        advance(to: configuration.duration * 1000)
        heal()
        let healedAt = now
        let round = correct.compactMap { $0.process?.core.highestRound }.max() ?? 0
        // One that changes nothing need not be known to all: those that do keep everybody awake.
        let commit = correct.compactMap { $0.process?.storage.ledger.ledger.lastCheckpoint?.index }.max() ?? 0
        advance(to: now + catchUpTime)
        checkCaughtUp(to: round, commit)
        let lightLoad = underLightLoad()
        settle(for: max(healedAt + settleTime, now + settleTime / 2) - now, after: "healing")
        report.quietAfter = (max(lastPublishedAt, healedAt) - healedAt) / 1000
        report.lightLoad = latencies(lightLoad, records: true)
        report.decided = latencies(lightLoad, records: false)
        checkIdle()
        loneTransaction()
        restartWhileQuiet()
    }

    /// After so long all that was submitted is everywhere, and all is quiet; that later if adversaries give out what they built long ago, as often
    /// as there are rounds that it can be of.
    private func settle(for time: UInt64, after occasion: String) {
        advance(to: now + time)
        checkEverywhere(occasion)
        for _ in 0..<64 where !isNoisy && now < givenOutLateAt + 2 * quietTime { advance(to: givenOutLateAt + 2 * quietTime) }
        checkQuiet(since: now - quietTime)
    }

    // MARK: Load

    func submitInChaos() {
        guard !isHealed else { return }
        schedule(.client, after: random.between(5000, 200_000))
        let up = correct.filter(\.isUp)
        guard !up.isEmpty else { return }
        let machine = up[random.below(up.count)]
        for _ in 0..<(random.chance(permille: 100) ? random.below(40) : 1) {
            let isRecord = random.chance(permille: 700)
            submit(transaction(isRecord: isRecord), isRecord: isRecord, to: machine)
            // Some clients do not trust one validator, and some say everything twice.
            if random.chance(permille: 100), let last = submissions.last { up[random.below(up.count)].take(.submit([last.transaction])) }
        }
    }

    func submit(_ transaction: Transaction, isRecord: Bool, to machine: SimulatedValidator) {
        submissionsByIdentifier[transaction.identifier] = submissions.count
        submissions.append(Submission(transaction: transaction, machine: machine.number, at: now, isRecord: isRecord))
        note("client gives \(isRecord ? "record" : "proposal") \(transaction.identifier.description.prefix(8)) to \(machine.name)")
        machine.take(.submit([transaction]))
    }

    private func transaction(isRecord: Bool) -> Transaction {
        guard let nonce = Nonce(random.bytes(Nonce.size)) else { preconditionFailure("a nonce has 16 bytes") }
        guard isRecord else { return Transaction(Proposal(nonce: nonce, kind: "text", text: "proposal \(submissions.count)")) }
        return Transaction(Record(nonce: nonce, data: random.bytes(random.chance(permille: 50) ? 1800 : random.below(100))))
    }

    /// One record or proposal each 700 ms to one validator after another; returns where they stand in `submissions`.
    private func underLightLoad() -> Range<Int> {
        let first = submissions.count
        for isRecord in [true, false] {
            for step in 0..<max(6, keys.committee.validators.count) {
                submit(transaction(isRecord: isRecord), isRecord: isRecord, to: correct[step % correct.count])
                advance(to: now + 700_000 + random.below(50_000))
            }
        }
        return first..<submissions.count
    }

    private func latencies(_ range: Range<Int>, records: Bool) -> SimulatedLatency {
        SimulatedLatency(
            submissions[range].filter { $0.isRecord == records }.compactMap { submission in submission.loggedAt.map { $0 - submission.at } }
        )
    }

    // MARK: Checks

    /// Something that must come did not.
    private func stalled(_ line: String) {
        if !faults.isSafetyOnly { witness.violation(line) }
    }

    private func checkEverywhere(_ occasion: String) {
        for machine in correct {
            guard let process = machine.process else {
                witness.violation("\(machine.name) is down after \(occasion)")
                continue
            }
            let (core, ledger, logged) = (process.core, process.storage.ledger.ledger, machine.record.logged)
            let missing = submissions.filter { !machine.record.isLogged($0.transaction.identifier) }
            if let first = missing.first {
                stalled(
                    "\(machine.name) lacks \(missing.count) of \(submissions.count) transactions after \(occasion), the first of "
                        + "\(machines[first.machine].name) at \(SimulationReport.milliseconds(first.at)) ms; it is in round \(core.round), "
                        + "DAG at \(core.highestRound), commit \(core.lastCommit.index)")
            }
            if Set(logged).count != logged.count { witness.violation("\(machine.name) logged a transaction twice") }
            checkAgreement(machine, ledger, occasion)
            let certified = core.certificate?.checkpoint.logSize ?? 0
            let last = logged.lastIndex { submissionsByIdentifier[$0] != nil }
            if certified < (hasAdversary ? UInt64((last ?? -1) + 1) : ledger.logSize) {
                stalled("\(machine.name) has \(ledger.logSize) entries after \(occasion), certified are \(certified)")
            }
            checkStore(machine, process)
            if core.suspendedCount > 0 && !isNoisy { note("\(machine.name) still holds \(core.suspendedCount) suspended blocks") }
        }
    }

    private func checkAgreement(_ machine: SimulatedValidator, _ ledger: Ledger, _ occasion: String) {
        let first = correct[0]
        guard let other = first.process?.storage.ledger.ledger else { return }
        if hasAdversary ? !machine.record.agrees(with: first.record) : ledger.logRoot != other.logRoot {
            witness.violation("\(machine.name) and \(first.name) have different logs after \(occasion)")
        }
        if !hasAdversary, ledger.evidence.entries != other.evidence.entries {
            witness.violation("\(machine.name) and \(first.name) hold different evidence after \(occasion)")
        }
    }

    /// The disk gives back what was logged, wherever one looks: entries are found by their identifiers, and receipts verify.
    private func checkStore(_ machine: SimulatedValidator, _ process: SimulatedProcess) {
        let (store, logged) = (process.storage.ledger, machine.record.logged)
        guard UInt64(logged.count) == store.ledger.logSize, !logged.isEmpty else {
            if !logged.isEmpty { witness.violation("\(machine.name) logged \(logged.count) entries and has \(store.ledger.logSize)") }
            return
        }
        do {
            for _ in 0..<8 {
                let place = random.below(logged.count)
                if try store.logIndex(of: logged[place]) != UInt64(place) || store.entry(at: UInt64(place))?.identifier != logged[place] {
                    witness.violation("\(machine.name) does not find entry \(place) of its log")
                }
            }
            for _ in 0..<2 { try checkReceipt(machine, process, random.below(logged.count)) }
        } catch {
            witness.violation("\(machine.name) cannot read its log: \(error)")
        }
    }

    /// A receipt under the newest certificate verifies.
    private func checkReceipt(_ machine: SimulatedValidator, _ process: SimulatedProcess, _ place: Int) throws {
        guard let certificate = process.core.certificate,
            let receipt = try process.storage.ledger.receipt(at: UInt64(place), certificate)
        else { return }
        do {
            let verified = try receipt.verify(committee: keys.committee, network: "simulated")
            if verified.identifier != machine.record.logged[place] { witness.violation("\(machine.name) gives another entry's receipt") }
        } catch {
            witness.violation("\(machine.name) gives a receipt of entry \(place) that does not verify: \(error)")
        }
    }

    /// Whoever was behind when all was healed has what the others had by then.
    private func checkCaughtUp(to round: Round, _ commit: UInt64) {
        for machine in correct {
            guard let core = machine.process?.core else { continue }
            if core.highestRound < round || core.lastCommit.index < commit {
                stalled(
                    "\(machine.name) is in round \(core.highestRound), commit \(core.lastCommit.index) after \(catchUpTime / 1_000_000) s, when others were in "
                        + "round \(round), commit \(commit) at the beginning of them")
            }
        }
    }

    private func checkQuiet(since start: UInt64) {
        guard !isNoisy, lastPublishedAt > start else { return }
        let rounds = correct.map { "\($0.process?.core.round ?? 0)" }.joined(separator: " ")
        stalled("blocks are still published at \(SimulationReport.milliseconds(lastPublishedAt)) ms, in rounds \(rounds)")
    }

    /// While nothing happens, only heartbeats are sent, and nobody wakes for nothing.
    private func checkIdle() {
        let messages = report.messages
        let business = businessMessages
        let ticks = correct.reduce(0) { $0 + $1.ticks }
        advance(to: now + configuration.idle * 1000)
        let seconds = max(1, configuration.idle / 1000)
        let validators = UInt64(keys.committee.validators.count)
        report.idleMessagesPermille = (report.messages - messages) * 1000 / validators / seconds
        report.idleTicksPermille = (correct.reduce(0) { $0 + $1.ticks } - ticks) * 1000 / UInt64(correct.count) / seconds
        guard !isNoisy else { return }
        // An adversary may keep others asking for what it hides and answering what it says, but a few times in a retry interval at most.
        let adversaries = UInt64(machines.count { !$0.isCorrect && $0.behaviour != .silent })
        // A heartbeat that was overtaken asks for what its sender has by now.
        let overtaken = faults.straggler > 0 ? 4 * validators : 0
        let allowed = overtaken + 16 * adversaries * validators * seconds
        if businessMessages > business + allowed, faults.lossAfter == 0 {
            stalled("\(businessMessages - business) messages other than heartbeats in \(seconds) idle seconds")
        }
        if report.idleTicksPermille > (adversaries > 0 ? 10_000 : 3000) {
            stalled("\(SimulationReport.thousandths(report.idleTicksPermille)) ticks per idle second")
        }
    }

    /// A validator that restarts among quiet ones finds out where they are, and all are quiet again.
    private func restartWhileQuiet() {
        let machine = correct[random.below(correct.count)]
        machine.crash()
        advance(to: now + 3_000_000)
        machine.start()
        settle(for: faults.isByzantine ? 40_000_000 : 20_000_000, after: "a restart among quiet validators")
    }

    private func loneTransaction() {
        let first = submissions.count
        submit(transaction(isRecord: true), isRecord: true, to: correct[random.below(correct.count)])
        settle(for: faults.isByzantine ? 40_000_000 : 20_000_000, after: "the lone transaction")
        report.afterIdle = latencies(first..<submissions.count, records: true)
        if let lone = submissions.last, let certified = lone.certifiedAt { report.afterIdleCertified = certified - lone.at }
        guard faults.lossAfter == 0, !isNoisy else { return }
        // Adversaries may be quiet under load and not afterwards: then a round or two more cost their leader's timeout.
        let allowance: UInt64 = hasAdversary ? 4_000_000 : 500_000
        if report.afterIdle.worst > 2 * report.lightLoad.worst + allowance {
            stalled(
                "after idling a record took \(SimulationReport.milliseconds(report.afterIdle.worst)) ms, "
                    + "under light load at most \(SimulationReport.milliseconds(report.lightLoad.worst)) ms")
        }
    }
}
