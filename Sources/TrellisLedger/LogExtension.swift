// Entries of the log that a validator did not execute itself, taken from peers: each part must be proven to be what the certified log has in
// its place (RFC 9162 §2.1.4), from the first entry that is missing on (PROTOCOL §8).

public import TrellisCrypto
public import TrellisModel

/// A log that grows towards a certified one.
public struct LogExtension: Sendable {
    /// One part, with what its entries complete.
    public struct Part: Sendable {
        public fileprivate(set) var appended: [LogAppend] = []
        /// As in `Execution.nodes`.
        public fileprivate(set) var nodes: [(level: Int, index: UInt64, hash: Digest)] = []
    }

    private var frontier: MerkleFrontier

    /// Begins where the ledger's own log ends.
    public init(_ ledger: Ledger) { frontier = ledger.frontier }

    public var size: UInt64 { frontier.size }

    /// Takes the next entries. Nil, and nothing changes, unless `proof` shows that the log of `checkpoint` begins with the log so far and
    /// these entries: the own log included, which must not differ either.
    public mutating func append(_ entries: [[UInt8]], proof: [Digest], to checkpoint: Checkpoint) -> Part? {
        var next = frontier
        var part = Part()
        for entry in entries {
            let leafHash = Merkle.leafHash(entry)
            guard let identifier = Self.identifier(entry, leafHash) else { return nil }
            part.appended.append(LogAppend(index: next.size, identifier: identifier, bytes: entry[...]))
            next.append(leafHash) { part.nodes.append((level: $0, index: $1, hash: $2)) }
        }
        let isProven = Merkle.verifyConsistency(
            oldSize: next.size, newSize: checkpoint.logSize, oldRoot: next.root(), newRoot: checkpoint.logRoot, proof: proof)
        guard isProven else { return nil }
        frontier = next
        return part
    }

    /// What was submitted: it is logged now, and must never be again.
    private static func identifier(_ entry: [UInt8], _ leafHash: Digest) -> Digest? {
        entry.first == EntryKind.record.rawValue ? leafHash : try? LogEntry(wireBytes: entry).identifier
    }
}
