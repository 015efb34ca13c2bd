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

    /// Begins with no entry.
    public init() { frontier = MerkleFrontier() }

    public var size: UInt64 { frontier.size }
    public var root: Digest { frontier.root() }

    /// Takes the next entries. Nil, and nothing changes, unless `proof` shows that the log of `checkpoint` begins with the log so far and
    /// these entries: the own log included, which must not differ either.
    public mutating func append(_ entries: [[UInt8]], proof: [Digest], to checkpoint: Checkpoint) -> Part? {
        var next = frontier
        var part = Part()
        for entry in entries {
            guard Self.append(entry, to: &next, &part) else { return nil }
        }
        let isProven = Merkle.verifyConsistency(
            oldSize: next.size, newSize: checkpoint.logSize, oldRoot: next.root(), newRoot: checkpoint.logRoot, proof: proof)
        guard isProven else { return nil }
        frontier = next
        return part
    }

    /// Takes the next entry of a log of one's own, which `root` tells in the end. Nil, and nothing changes, if it is no entry.
    public mutating func append(own entry: [UInt8]) -> Part? {
        var part = Part()
        return Self.append(entry, to: &frontier, &part) ? part : nil
    }

    private static func append(_ entry: [UInt8], to frontier: inout MerkleFrontier, _ part: inout Part) -> Bool {
        let leafHash = Merkle.leafHash(entry)
        guard let identifier = identifier(entry, leafHash) else { return false }
        part.appended.append(LogAppend(index: frontier.size, identifier: identifier, bytes: entry[...]))
        frontier.append(leafHash) { part.nodes.append((level: $0, index: $1, hash: $2)) }
        return true
    }

    /// The identifier of what an entry's bytes say was submitted; nil if they are no entry.
    public static func identifier(of entry: [UInt8]) -> Digest? { identifier(entry, Merkle.leafHash(entry)) }

    /// What was submitted: it is logged now, and must never be again.
    private static func identifier(_ entry: [UInt8], _ leafHash: Digest) -> Digest? {
        entry.first == EntryKind.record.rawValue ? leafHash : try? LogEntry(wireBytes: entry).identifier
    }
}
