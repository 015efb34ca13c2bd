// How a replica measures itself and is tuned: an interval ends, the optimizer takes in what it brought, and what it chooses is the core's
// pacing from then on. While no client gives anything, nothing is measured and nothing wakes.

import Logging
import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisOptimizer

/// What stands between a replica and its optimizer.
struct Tuner {
    var mode: OptimizerMode
    var optimizer: Optimizer
    var meter = Meter<Digest>()
    var last: Measurement?
    /// The longest that a choice took, in milliseconds.
    var choiceWorst = 0.0
    var choiceLast = 0.0
    /// Ends the intervals; nil while there is nothing to measure.
    var task: Task<Void, Never>?

    var isMeasuring: Bool { mode != .off }

    init(_ configuration: ReplicaConfiguration) throws(NodeError) {
        mode = configuration.optimizer.mode
        let standard = Choice(configuration.pacing, payloadBytes: configuration.committee.limits.payloadBytes)
        optimizer = Optimizer(space: SearchSpace(standard: standard), settings: configuration.optimizer.settings)
        try allow(mode)
    }

    /// Sets the mode, if what is configured can be gone back to.
    mutating func allow(_ mode: OptimizerMode) throws(NodeError) {
        let standard = optimizer.space.standard
        guard mode != .apply || Choice(Tuning(standard)) == standard else {
            throw .invalid("the optimizer cannot tune a validator configured like this: at most \(Choice(Tuning(standard)))")
        }
        self.mode = mode
        optimizer.explores = mode == .apply
    }
}

extension Tuning {
    init(_ choice: Choice) {
        self.init(
            batchBytes: Int(clamping: choice[.batchBytes]), batchDelay: choice[.batchDelay], leaderTimeout: choice[.leaderTimeout],
            roundDelayMinimum: choice[.roundDelay], blocksInFlight: Int(clamping: choice[.blocksInFlight]), retry: choice[.retry])
    }
}

extension Choice {
    init(_ tuning: Tuning) {
        self.init(
            batchBytes: tuning.batchBytes, batchDelay: tuning.batchDelay, leaderTimeout: tuning.leaderTimeout,
            roundDelay: tuning.roundDelayMinimum, blocksInFlight: tuning.blocksInFlight, retry: tuning.retry)
    }

    /// What `pacing` says, where blocks hold at most `payloadBytes`.
    init(_ pacing: Pacing, payloadBytes: Int) {
        self.init(
            batchBytes: min(pacing.batchBytes, payloadBytes), batchDelay: pacing.batchDelay, leaderTimeout: pacing.leaderTimeout,
            roundDelay: pacing.roundDelayMinimum, blocksInFlight: pacing.blocksInFlight, retry: pacing.retry)
    }
}

extension Replica {
    /// A client gave these, or tried to.
    func meterGiven(_ transactions: [Transaction], isRefused: Bool = false) {
        guard tuner.isMeasuring else { return }
        let now = SystemClock.now().monotonic * 1000
        if isRefused { tuner.meter.refused(transactions.count) } else { tuner.meter.given(transactions.lazy.map(\.identifier), at: now) }
        guard tuner.task == nil else { return }
        tuner.meter.begin(counters)
        let interval = configuration.optimizer.interval
        tuner.task = Task { [weak self] in
            repeat {
                // All validators' intervals end together, as far as their clocks agree.
                let wait = interval - SystemClock.now().wall % interval
                try? await Task.sleep(for: .milliseconds(wait))
            } while await self?.endInterval() == true
        }
    }

    private var counters: Meter<Digest>.Counters {
        .init(cpu: SystemClock.cpuTime(), leadersMissed: core.leadersMissed, round: core.round)
    }

    func meterOrdered(_ identifiers: some Sequence<Digest>, in commit: UInt64) {
        if tuner.isMeasuring { tuner.meter.ordered(identifiers, in: commit) }
    }

    func meterCertified(_ commit: UInt64) {
        if tuner.isMeasuring { tuner.meter.certified(commit, at: SystemClock.now().monotonic * 1000) }
    }

    /// Returns whether another interval begins.
    private func endInterval() -> Bool {
        guard !isStopped, alarm == nil, tuner.isMeasuring, !tuner.meter.isIdle else {
            tuner.task = nil
            return false
        }
        let interval = configuration.optimizer.interval
        let now = SystemClock.now()
        let measurement = tuner.meter.measurement(
            now.wall / interval, interval: interval, now: now.monotonic * 1000, counters: counters)
        tuner.last = measurement
        let start = ContinuousClock.now
        let choice = tuner.optimizer.step(measurement)
        tuner.choiceLast = (ContinuousClock.now - start) / .milliseconds(1)
        tuner.choiceWorst = max(tuner.choiceWorst, tuner.choiceLast)
        if let choice { tune(choice) }
        return true
    }

    private func tune(_ choice: Choice) {
        if let deed = tuner.optimizer.deeds.last {
            logger.info("tuned", metadata: ["what": "\(deed.kind.rawValue)", "why": "\(deed.reason)"])
        }
        run(.tune(Tuning(choice)))
    }

    /// What the optimizer may do from now on. Unless that is `apply`, everything is as configured again.
    func setOptimizer(_ mode: OptimizerMode) throws(NodeError) {
        guard mode != tuner.mode else { return }
        try tuner.allow(mode)
        if mode == .off { tuner.meter = Meter() }
        guard mode != .apply, tuner.optimizer.choice != tuner.optimizer.space.standard else { return }
        tuner.optimizer.reset()
        run(.tune(Tuning(tuner.optimizer.choice)))
    }

    var optimizerReport: OptimizerReport {
        OptimizerReport(
            mode: tuner.mode, optimizer: tuner.optimizer, last: tuner.last, choiceLast: tuner.choiceLast, choiceWorst: tuner.choiceWorst,
            interval: configuration.optimizer.interval)
    }
}
