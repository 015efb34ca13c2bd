// How many one-time keys of a stateful signing key are spent. Spending one twice gives the private key away to whoever sees both signatures,
// so the count is durable before a signature leaves, and it refuses to go on when it may have been put back.
//
// Where the count lies. In a *place*: a directory held by `flock` (a Disk) with two files, `counter.0` and `counter.1`, replaced in turn,
// whole and synced with their directory. A record says whose key it counts for, the next unspent index, how many records came before it, a
// random tag and the tag of the record before. And it holds the *stamp* of the other file: its number in the file system and the time of its
// last change by the file system's account. One place is the state. A second one, the *witness*, in another directory, better on another
// device, is written first, with the same records; that there is one is written in the state, which does not open without it.
//
// A signature: witness, sync; state, sync; only then is the index handed out. Whatever stops the process wastes an index at most: if the
// witness is one record ahead, whose tag before is the state's, its count holds.
//
// What is refused as rolled back: a state that is behind its witness by more than that, or ahead of it, or with another history; in either
// place, a file that stands beside one whose stamp is not the one recorded. Files put back by cp, tar, rsync or an editor have other stamps;
// so have files moved to another file system, or changed in mode or owner. There is no way to talk a counter out of this: a key whose count
// is lost is retired. Opening writes a record, so that of two copies of a machine that share a witness only one goes on.
//
// What cannot be noticed: a whole file system put back to an earlier image of its blocks (a snapshot of a virtual machine, dd) together with
// the witness, or without there being one; and a person who makes files and stamps to deceive. Keep the witness where snapshots of the state
// do not reach, and keep no second copy of the seed.

import Synchronization

/// What keeps a counter from handing out an index.
public enum SignatureCounterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// All `capacity` one-time keys are spent.
    case exhausted(capacity: UInt32)
    /// The count was put back, or may have been: `reason` says by what it shows.
    case stateRolledBack(path: String, reason: String)
    /// Another process (or another part of this one) holds the directory.
    case stateInUse(path: String, holder: String)
    /// A file is missing or is not a counter's, or an earlier write failed.
    case damaged(path: String, reason: String)
    /// The count is of another key.
    case otherKey(path: String)
    /// There is a count already where a new one was to begin.
    case exists(path: String)
    /// The state was begun with a witness, and is opened without, or the other way round.
    case witness(isExpected: Bool)
    /// The disk refused.
    case storage(StorageError)

    /// The error of a disk; a held directory is `stateInUse`.
    public init(_ error: StorageError) {
        if case .locked(let path, let holder) = error {
            self = .stateInUse(path: path, holder: holder)
        } else {
            self = .storage(error)
        }
    }

    public var description: String {
        switch self {
        case .exhausted(let capacity): "all \(capacity) one-time keys are spent: retire the key"
        case .stateRolledBack(let path, let reason): "the count in \(path) may have been put back (\(reason)): retire the key"
        case .stateInUse(let path, let holder): "\(path) is in use by another process\(holder.isEmpty ? "" : " (\(holder))")"
        case .damaged(let path, let reason): "the count in \(path) is damaged (\(reason)): retire the key"
        case .otherKey(let path): "the count in \(path) is of another key"
        case .exists(let path): "there is a count in \(path) already"
        case .witness(let isExpected): isExpected ? "this key has a witness, which is not given" : "this key was made without a witness"
        case .storage(let error): error.description
        }
    }
}

/// The durable count of a stateful key's signatures.
public final class SignatureCounter: Sendable {
    /// The size in bytes of what tells one key from another: a digest of its public key.
    public static let keyDigestSize = 32

    private struct State {
        var place: CounterPlace
        var witness: CounterPlace?
        var failure: String?
    }

    private let state: Mutex<State>
    /// The number of signatures in all.
    public let capacity: UInt32

    private init(_ place: CounterPlace, _ witness: CounterPlace?) {
        capacity = place.record.capacity
        state = Mutex(State(place: place, witness: witness))
    }

    /// Begins a count for a new key. `path` and `witnessPath` name the places in errors.
    ///
    /// - Throws: `exists`, `storage`.
    public static func create(
        key: [UInt8], capacity: UInt32, disk: any Disk, path: String, witness: (any Disk)?, witnessPath: String = ""
    ) throws(SignatureCounterError) -> SignatureCounter {
        guard key.count == keyDigestSize else { throw .damaged(path: path, reason: "a key's digest has \(keyDigestSize) bytes") }
        let first = CounterRecord(
            key: key, capacity: capacity, isWitnessed: witness != nil, next: 0, sequence: 0, tag: disk.salt(), previousTag: 0)
        let second = first.successor(next: 0, tag: disk.salt())
        // Neither is begun where the other could not be.
        try CounterPlace.checkEmpty(disk, path)
        if let witness { try CounterPlace.checkEmpty(witness, witnessPath) }
        let witnessPlace: CounterPlace? =
            if let witness { try CounterPlace(creating: [first, second], disk: witness, path: witnessPath) } else { nil }
        return SignatureCounter(try CounterPlace(creating: [first, second], disk: disk, path: path), witnessPlace)
    }

    /// Opens the count of a key.
    ///
    /// - Throws: `stateRolledBack`, `damaged`, `otherKey`, `witness`, `storage`.
    public static func open(
        key: [UInt8], disk: any Disk, path: String, witness: (any Disk)?, witnessPath: String = ""
    ) throws(SignatureCounterError) -> SignatureCounter {
        var place = try CounterPlace(opening: disk, path: path)
        guard place.record.key == key else { throw .otherKey(path: path) }
        guard place.record.isWitnessed == (witness != nil) else { throw .witness(isExpected: place.record.isWitnessed) }
        var witnessPlace: CounterPlace?
        if let witness {
            let other = try CounterPlace(opening: witness, path: witnessPath)
            guard other.record.key == key else { throw .otherKey(path: witnessPath) }
            if other.record != place.record {
                guard other.record.follows(place.record) else {
                    throw .stateRolledBack(path: path, reason: "its witness in \(witnessPath) tells another history")
                }
                // The process was stopped between the two: what it began is finished.
                try place.write(other.record)
            }
            witnessPlace = other
        }
        let counter = SignatureCounter(place, witnessPlace)
        try counter.advance(by: 0)
        return counter
    }

    /// How many signatures are left.
    public var remaining: Int {
        state.withLock { Int(capacity) - Int($0.place.record.next) }
    }

    /// Spends the next one-time key: when this returns its index, the count beyond it is durable.
    ///
    /// - Throws: `exhausted`; `stateRolledBack` if a file was changed meanwhile; `damaged` after a failed write; `storage`.
    public func reserve() throws(SignatureCounterError) -> UInt32 {
        try advance(by: 1)
    }

    @discardableResult
    private func advance(by count: UInt32) throws(SignatureCounterError) -> UInt32 {
        try state.withLock { state throws(SignatureCounterError) in
            if let failure = state.failure { throw .damaged(path: state.place.path, reason: "an earlier write failed: \(failure)") }
            let record = state.place.record
            guard count <= capacity - record.next else { throw .exhausted(capacity: capacity) }
            let next = record.successor(next: record.next + count, tag: state.place.disk.salt())
            do throws(SignatureCounterError) {
                try state.witness?.write(next)
                try state.place.write(next)
            } catch {
                // What the disk holds is unknown now; opening again finds out.
                state.failure = error.description
                throw error
            }
            return record.next
        }
    }
}
