// Validators whose pacing is tuned while they run, to anything within bounds and none like another: in a part of the runs, until the network
// heals. They keep what they have then, or lose it in a crash.

import TrellisConsensus
import TrellisModel

extension Simulation {
    func scheduleTunings() {
        guard configuration.profile != .calm, configuration.isTuned else { return }
        schedule(.tune, after: tuner.below(1_000_000))
    }

    func tuneOne() {
        guard !isHealed else { return }
        schedule(.tune, after: tuner.between(50_000, 1_500_000))
        let machine = machines[tuner.below(machines.count)]
        let tuning = Tuning(
            batchBytes: Int(tuner.between(1, 70_000)), batchDelay: within(Tuning.batchDelayBounds),
            leaderTimeout: within(Tuning.leaderTimeoutBounds), roundDelayMinimum: within(Tuning.roundDelayBounds),
            blocksInFlight: 1 << tuner.below(11), retry: within(Tuning.retryBounds))
        note("\(machine.name) is tuned: \(tuning)")
        if machine.isUp { machine.take(.tune(tuning)) }
    }

    /// One of the ends, or anything between.
    private func within(_ bounds: ClosedRange<UInt64>) -> UInt64 {
        switch tuner.below(4) {
        case 0: bounds.lowerBound
        case 1: bounds.upperBound
        default: tuner.between(bounds.lowerBound, bounds.upperBound)
        }
    }
}
