// A machine's two clocks: one that only goes on, and one that is off, drifts, and jumps.

import TrellisConsensus

struct SimulatedClock {
    /// Milliseconds since 1970 at the beginning of every run.
    private static let epoch: Int64 = 1_700_000_000_000

    private let skew: Int64
    /// Parts per million.
    private let drift: Int64
    /// Of the monotonic clock, which nobody ever sets right.
    private let monotonicDrift: Int64
    private var jumped: Int64 = 0
    private var isDisciplined = false
    /// What the monotonic clock said when the machine last started.
    private var bootOffset: UInt64 = 0

    init(_ faults: Faults, _ random: inout SimulationRandom, luck: inout SimulationRandom) {
        skew = Int64(random.below(2 * faults.skew + 1)) - Int64(faults.skew)
        drift = Int64(random.below(2 * faults.drift + 1)) - Int64(faults.drift)
        monotonicDrift = Int64(luck.below(2 * faults.drift + 1)) - Int64(faults.drift)
    }

    mutating func boot(_ random: inout SimulationRandom) { bootOffset = random.below(1_000_000) }

    /// The wall clock is set by up to ten seconds, mostly back to where it should be in the end.
    mutating func jump(_ random: inout SimulationRandom) {
        jumped = random.chance(permille: 300) ? 0 : Int64(random.below(20_000)) - 10_000
    }

    /// From here on the wall clock is as wrong as its skew says, and no more.
    mutating func discipline() {
        jumped = 0
        isDisciplined = true
    }

    /// - Parameter now: microseconds since the beginning.
    func moment(_ now: UInt64) -> Moment {
        let milliseconds = now / 1000
        let drifted = isDisciplined ? 0 : Int64(milliseconds) * drift / 1_000_000
        return Moment(
            monotonic: monotonic(milliseconds) + bootOffset,
            wall: UInt64(Self.epoch + Int64(milliseconds) + skew + drifted + jumped))
    }

    private func monotonic(_ milliseconds: UInt64) -> UInt64 {
        UInt64(Int64(milliseconds) + Int64(milliseconds) * monotonicDrift / 1_000_000)
    }

    /// Microseconds from `now` on until the monotonic clock says `moment`.
    func delay(until moment: UInt64, _ now: UInt64) -> UInt64 {
        var milliseconds = now / 1000
        guard moment > monotonic(milliseconds) + bootOffset else { return 0 }
        // The clock gains or loses less than it goes: each step leaves less to wait for.
        while case let clock = monotonic(milliseconds) + bootOffset, clock < moment { milliseconds += max(1, (moment - clock) * 99 / 100) }
        return milliseconds * 1000 - now
    }
}
