// The networks and loads on which the optimizer has to earn its place. All times in microseconds unless their name says otherwise.

public import TrellisModel

/// A network of four validators, and what its clients do.
public struct Trace: Sendable {
    public let name: String
    /// One line about it.
    public let summary: String
    /// How long a measurement takes.
    public let interval: Milliseconds
    /// How long a message takes from the row's validator to the column's.
    let delays: [[UInt64]]
    /// What is added to that at most.
    var jitter: UInt64 = 100
    /// Of how many messages one is lost, in per mille.
    var loss = 0
    /// Bytes that a validator sends in a microsecond.
    var bandwidth = 125.0
    /// The last validator computes so many times as slowly.
    var slowness: UInt64 = 1
    /// What a sync of the storage takes.
    var sync: UInt64 = 2000
    var recordBytes = 256
    /// Records a second by all clients, at a time in milliseconds.
    let load: @Sendable (Milliseconds) -> Double

    var validators: Int { delays.count }

    private static func uniform(_ delay: UInt64) -> [[UInt64]] {
        (0..<4).map { row in (0..<4).map { $0 == row ? 0 : delay } }
    }

    /// Two validators in one region, one in a second and one in a third: 40, 90 and 110 ms apart.
    private static let regions: [[UInt64]] = [
        [0, 1000, 40_000, 90_000], [1000, 0, 40_000, 90_000], [40_000, 40_000, 0, 110_000], [90_000, 90_000, 110_000, 0],
    ]

    /// All traces, in the order of the report.
    public static let all: [Trace] = [
        Trace(name: "lan", summary: "0.5 ms apart, 1 Gbit/s, 400 records/s", interval: 500, delays: uniform(500)) { _ in 400 },
        Trace(name: "wan", summary: "three regions 40, 90 and 110 ms apart, 400 records/s", interval: 1000, delays: regions, jitter: 4000) {
            _ in 400
        },
        Trace(
            name: "lossy", summary: "10 ms apart, 3 % of the messages are lost, 400 records/s", interval: 1000, delays: uniform(10_000),
            jitter: 5000, loss: 30
        ) { _ in 400 },
        Trace(
            name: "slow-validator", summary: "5 ms apart, one validator has a processor 10 times as slow, 400 records/s", interval: 1000,
            delays: uniform(5000), jitter: 500, slowness: 10
        ) { _ in 400 },
        Trace(
            name: "bursty", summary: "5 ms apart, 50 Mbit/s, 200 records/s of 1 KiB and 3000 for 0.15 s of every second", interval: 1000,
            delays: uniform(5000), jitter: 500, bandwidth: 6.25, recordBytes: 1024
        ) { $0 % 1000 < 150 ? 3000 : 200 },
        Trace(
            name: "idle-burst", summary: "5 ms apart, 50 Mbit/s, nothing for 6 s, then 1500 records/s of 1 KiB for 2 s", interval: 1000,
            delays: uniform(5000), jitter: 500, bandwidth: 6.25, recordBytes: 1024
        ) { $0 % 8000 < 6000 ? 0 : 1500 },
    ]

    public static func named(_ name: String) -> Trace? { all.first { $0.name == name } }
}

/// What the work of a validator costs in CPU time, in microseconds: simulated time has none of its own. From `trellis bench` on two cores of
/// an AMD EPYC (Zen 4), whose CPU time by operation, one at a time and at saturation, they give again.
enum WorkCost {
    /// A block that comes in: decode, verify, store, step.
    static let blockReceived: UInt64 = 100
    /// Any other message.
    static let messageReceived: UInt64 = 30
    static let messageSent: UInt64 = 15
    /// An own block: build, sign, write.
    static let blockBuilt: UInt64 = 200
    /// A transaction, at every validator.
    static let transaction: UInt64 = 4
    static let tick: UInt64 = 5
    /// Bytes of a signature that stands for a simulated one on the wire: ML-DSA-65.
    static let signatureBytes = 3309
}
