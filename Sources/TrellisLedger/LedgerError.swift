// Why a ledger refuses a commit or a snapshot. What a single transaction can get wrong is no error: see IgnoreReason.

public import TrellisCrypto
public import TrellisModel

public enum LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The commit is not the next one.
    case wrongIndex(expected: UInt64, found: UInt64)
    /// The commit follows another history than the one executed here.
    case otherHistory(index: UInt64, expected: Digest, found: Digest)
    /// Not one payload for each committed block.
    case wrongPayloads(index: UInt64, expected: Int, found: Int)
    /// The snapshot is of another chain.
    case otherChain(expected: Digest, found: Digest)
    /// The snapshot is of another epoch of this chain.
    case otherEpoch(expected: Epoch, found: Epoch)
    /// The snapshot's bytes are no snapshot.
    case malformedSnapshot(WireError)
    /// The snapshot's parts contradict one another.
    case inconsistentSnapshot(String)

    public var description: String {
        switch self {
        case .wrongIndex(let expected, let found): "commit \(found) cannot be executed, the next one is \(expected)"
        case .otherHistory(let index, let expected, let found):
            "commit \(index) follows \(found), but the commit executed before it is \(expected)"
        case .wrongPayloads(let index, let expected, let found): "commit \(index) has \(expected) blocks, but \(found) payloads were given"
        case .otherChain(let expected, let found): "the snapshot is of chain \(found), not of \(expected)"
        case .otherEpoch(let expected, let found): "the snapshot is of epoch \(found), not of \(expected)"
        case .malformedSnapshot(let error): "malformed snapshot: \(error)"
        case .inconsistentSnapshot(let reason): "inconsistent snapshot: \(reason)"
        }
    }
}
