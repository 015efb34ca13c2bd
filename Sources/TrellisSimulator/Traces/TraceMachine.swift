// A validator in a trace: the real core, one thread of work that takes its time, and what is measured at it.

import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisOptimizer
import TrellisReplica
import TrellisStorage

/// What a validator's thread does, one after the other.
enum TraceWork {
    case input(Input)
    case open(Letter)
    /// Synced; sent when done.
    case publish(Block)
}

struct TraceMachine {
    let own: ValidatorIndex
    var core: Core
    let journal: Journal
    /// What comes from others, and what the last step left to do, which goes first.
    var inbox: [(work: TraceWork, cpu: UInt64)] = []
    var inboxHead = 0
    var answers: [(work: TraceWork, cpu: UInt64)] = []
    var isBusy = false
    /// When the last byte of what it sends is on the wire.
    var wireFreeAt: UInt64 = 0
    var wakeToken: UInt64 = 0
    var optimizer: Optimizer?
    var meter = Meter<Digest>()
    /// CPU time, in microseconds.
    var cpu: UInt64 = 0

    init(own: ValidatorIndex, committee: Committee) throws {
        self.own = own
        journal = try Journal(disk: SimulatedDisk(seed: UInt64(own)), committee: committee, isAmnesic: false)
        core = Core(committee: committee, own: own, pacing: .ofTraces)
    }

    mutating func next() -> (work: TraceWork, cpu: UInt64)? {
        if !answers.isEmpty { return answers.removeFirst() }
        guard inboxHead < inbox.count else { return nil }
        defer {
            inboxHead += 1
            if inboxHead == inbox.count || inboxHead > 1024 {
                inbox.removeFirst(inboxHead)
                inboxHead = 0
            }
        }
        return inbox[inboxHead]
    }
}

extension Pacing {
    /// Whoever is behind fetches blocks: nobody is away for long.
    static var ofTraces: Pacing {
        var pacing = Pacing()
        pacing.catchesUpByCommits = false
        return pacing
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
}
