// How much a validator sends to one peer that asks: a bucket of bytes for each, which fills steadily. An answer costs far more than a request,
// and whoever asks without end must not keep the validator from its work.

public import TrellisModel

public struct AnswerBudget: Sendable {
    private struct Bucket: Sendable {
        var bytes: Int
        var filledAt: UInt64
    }

    /// What a bucket holds: a few of the largest messages.
    private let capacity: Int
    /// Milliseconds in which one of them flows in.
    private static let messageTime = 100
    private let messageBytes: Int
    private var buckets: [ValidatorIndex: Bucket] = [:]

    public init(_ limits: Limits) {
        messageBytes = limits.messageBytes
        capacity = 8 * messageBytes
    }

    /// Whether `peer` may be answered at `now`, in milliseconds.
    public mutating func admits(_ peer: ValidatorIndex, now: UInt64) -> Bool {
        var bucket = buckets[peer] ?? Bucket(bytes: capacity, filledAt: now)
        let elapsed = Int(clamping: min(now > bucket.filledAt ? now - bucket.filledAt : 0, UInt64(100 * Self.messageTime)))
        bucket.bytes = min(capacity, bucket.bytes + messageBytes / Self.messageTime * elapsed)
        bucket.filledAt = max(now, bucket.filledAt)
        buckets[peer] = bucket
        return bucket.bytes > 0
    }

    /// An answer of so many bytes was given. One that is found to be none costs something as well.
    public mutating func charge(_ bytes: Int, to peer: ValidatorIndex) {
        buckets[peer]?.bytes -= max(bytes, messageBytes / 1024)
    }
}
