// Who leads, and who deserves to: part of every commit where leaders are chosen by reputation (PROTOCOL §6), so that whoever knows a commit
// knows all that the next one depends on, after a restart as well as after catching up.

/// The leader schedule in force after a commit, and what counts for the next one.
public struct LeaderStanding: Sendable, Equatable, WireEncodable, WireDecodable {
    /// Element i leads the rounds that are i modulo n.
    public var leaders: [ValidatorIndex]
    /// The leader's round of the boundary commit: `leaders` governs the rounds above it.
    public var since: Round
    /// Votes that made it into certificates since then, by author.
    public var scores: [UInt64]

    /// Before the first boundary: in turn.
    public init(validators: Int) {
        leaders = (0..<validators).map { ValidatorIndex($0) }
        since = 0
        scores = [UInt64](repeating: 0, count: validators)
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        since = try decoder.u64()
        let count = try decoder.count("leaders", limit: Stakes.validatorsMaximum)
        leaders = []
        scores = []
        for _ in 0..<count {
            leaders.append(try decoder.u32())
            scores.append(try decoder.u64())
        }
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u64(since)
        encoder.count(leaders.count)
        for (leader, score) in zip(leaders, scores) {
            encoder.u32(leader)
            encoder.u64(score)
        }
    }
}
