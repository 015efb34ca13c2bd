// Random commits that mix everything a ledger can meet, from a seed.

import TrellisCrypto
import TrellisLedger
import TrellisModel

/// SplitMix64.
struct Seeded {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

struct Workload {
    private var generator: Seeded
    private var timestamp: Milliseconds = 1_000_000
    /// Proposals are numbered from here on; it moves with every commit.
    private var first = 0

    init(seed: UInt64) { generator = Seeded(seed) }

    /// The payloads and the timestamp of the next commit. Numbers are few, so that proposals, records and votes repeat.
    mutating func next() -> (payloads: [[Transaction]], timestamp: Milliseconds) {
        timestamp += UInt64(generator.below(12))
        first += generator.below(3)
        let payloads = (0..<generator.below(4)).map { _ in (0..<generator.below(6)).map { _ in transaction() } }
        return (payloads, timestamp)
    }

    private mutating func someProposal() -> Proposal {
        proposal(first + generator.below(24), council: ["default", "default", "weighted", "nowhere"][generator.below(4)])
    }

    private mutating func transaction() -> Transaction {
        switch generator.below(10) {
        case 0, 1: return record(generator.below(200), bytes: generator.below(40))
        case 2, 3, 4: return Transaction(someProposal())
        case 5: return Transaction(bytes: [UInt8(generator.below(5))] + generator.bytes(generator.below(60)))
        default:
            let verdicts: [Verdict] = [.approve, .approve, .approve, .reject, .approve, .abstain]
            let ballots = (0...generator.below(60)).map { _ in (someProposal(), verdicts[generator.below(6)]) }
            return votes(UInt32(generator.below(5)), ballots, council: UInt32(generator.below(3)))
        }
    }
}
