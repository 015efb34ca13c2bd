// How long a round waits for its leader's block, and for votes for the leader before: as long as rounds took of late, twice, within bounds,
// and longer while nothing comes of it. Measured here, from the times of inputs; every validator has its own, and no decision depends on it.

import TrellisModel

struct LeaderTimer: Sendable {
    var pacing: Pacing
    /// The longest time of late from an own block to a quorum of its round, in milliseconds; nil before anything was measured.
    private var roundTime: UInt64?
    /// The own block whose round is being measured, and when it left.
    private var running: (round: UInt64, since: UInt64)?
    /// How often a leader was given up.
    private(set) var missed: UInt64 = 0

    init(pacing: Pacing) { self.pacing = pacing }

    /// In milliseconds. A round that misses its leader measures nothing: a timer that is too short for the network would stay so. It is
    /// doubled with every turn of all leaders of which none was committed, up to `patience` times what is waited at most otherwise.
    func timeout(fruitlessTurns: UInt64) -> UInt64 {
        let usual = roundTime.map { max(2 * $0, pacing.leaderTimeout / 2) } ?? pacing.leaderTimeout
        guard !Mutation.isPlanted(.leaderTimerUnbounded) else { return usual }
        let most = pacing.leaderTimeoutBound
        return min(min(usual, most) << min(fruitlessTurns, 16), Pacing.patience * most)
    }

    /// The own block of `round` leaves. Where the leader of the round below or votes were given up, others may still wait for them: nothing is
    /// measured.
    mutating func published(round: UInt64, sawLeader: Bool, sawVotes: Bool, now: UInt64) {
        running = sawLeader && sawVotes ? (round, now) : nil
        if !sawLeader { missed += 1 }
    }

    /// There is a quorum of `round`. Who is the last of it learns nothing about the others.
    mutating func reachedQuorum(of round: UInt64, now: UInt64) {
        guard let running, running.round == round else { return }
        self.running = nil
        guard now > running.since else { return }
        let measured = min(now - running.since, pacing.leaderTimeoutMaximum)
        let known = roundTime ?? 0
        roundTime = max(measured, known - known / 8)
    }
}
