// The mark below which this validator signs nothing again: the highest (epoch, round) it has signed for. It only grows, and it outlives the journal.

import Synchronization

/// A durable (epoch, round) that refuses to go backwards, in two slots written in turn, so that a torn write leaves the one before.
public final class HighWaterMark: Sendable {
    /// An epoch and a round within it, ordered by epoch first.
    public struct Mark: Comparable, Hashable, Sendable {
        /// The epoch.
        public let epoch: UInt64
        /// The round within the epoch.
        public let round: UInt64

        /// The mark of `round` in `epoch`.
        public init(epoch: UInt64, round: UInt64) {
            self.epoch = epoch
            self.round = round
        }

        public static func < (left: Mark, right: Mark) -> Bool { (left.epoch, left.round) < (right.epoch, right.round) }
    }

    /// A slot: `TRLSHIGH`, version u32, sequence u64, epoch u64, round u64, crc u32. Each has its own sector.
    private static let header = FileHeader(kind: "HIGH", version: 1)
    private static let slotBytes = 40
    private static let slotOffsets = [0, 4096]

    private struct State {
        /// 0 as long as nothing was marked.
        var sequence: UInt64
        var mark: Mark
        var failure: String?
    }

    /// Whether one of the slots was unreadable at opening. A crash during `advance` explains it (that mark was not yet acknowledged), decay of the
    /// newer slot does too: an owner who cannot tell treats it as amnesia.
    public let foundDamage: Bool
    private let file: any DiskFile
    private let state: Mutex<State>

    /// Opens the mark at `path`, or begins one with no mark.
    /// - Throws: `corrupt` if neither slot is readable, `foreignFormat`, `newerFormat`.
    public init(disk: any Disk, path: String) throws(StorageError) {
        if try !disk.exists(path) {
            let empty = Self.encode(State(sequence: 0, mark: Mark(epoch: 0, round: 0)))
            let gap = [UInt8](repeating: 0, count: Self.slotOffsets[1] - Self.slotBytes)
            try disk.replace(path, with: empty + gap + empty)
        }
        let file = try disk.open(path)
        self.file = file
        var slots: [State] = []
        for offset in Self.slotOffsets {
            let slot = try readTwice { () throws(StorageError) in try Self.decode(file.read(at: offset, count: Self.slotBytes), file: path)
            }
            if let slot { slots.append(slot) }
        }
        guard let newest = slots.max(by: { $0.sequence < $1.sequence }) else {
            throw .corrupt(
                file: path, offset: 0,
                hint: "without its mark this validator could sign a round twice: do not start it with these keys; restore the file")
        }
        foundDamage = slots.count < Self.slotOffsets.count
        state = Mutex(newest)
    }

    /// The highest mark; nil if none was ever made, which together with a known identity means amnesia.
    public var current: Mark? {
        state.withLock { $0.sequence == 0 ? nil : $0.mark }
    }

    /// Makes `mark` durable. Returns at once if it is the current one.
    /// - Throws: `regression` if it is below the current one; `poisoned` after a failed write.
    public func advance(to mark: Mark) throws(StorageError) {
        try state.withLock { state throws(StorageError) in
            if let failure = state.failure { throw .poisoned(path: file.path, cause: failure) }
            if state.sequence > 0 {
                if mark == state.mark { return }
                guard mark > state.mark else {
                    throw .regression(path: file.path, current: Self.text(state.mark), offered: Self.text(mark))
                }
            }
            let next = State(sequence: state.sequence + 1, mark: mark)
            do throws(StorageError) {
                try file.write(Self.encode(next), at: Self.slotOffsets[Int(next.sequence % 2)])
                try file.sync()
            } catch {
                state.failure = error.description
                throw error
            }
            state = next
        }
    }

    private static func text(_ mark: Mark) -> String { "epoch \(mark.epoch) round \(mark.round)" }

    private static func encode(_ state: State) -> [UInt8] {
        var bytes = header.bytes
        bytes.append(littleEndian: state.sequence)
        bytes.append(littleEndian: state.mark.epoch)
        bytes.append(littleEndian: state.mark.round)
        bytes.appendChecksum()
        return bytes
    }

    /// The slot in `bytes`; nil if damaged.
    private static func decode(_ bytes: [UInt8], file: String) throws(StorageError) -> State? {
        guard bytes.count == slotBytes, bytes.endsWithItsChecksum else { return nil }
        try header.check(bytes, file: file)
        guard let sequence: UInt64 = bytes.littleEndian(at: 12), let epoch: UInt64 = bytes.littleEndian(at: 20),
            let round: UInt64 = bytes.littleEndian(at: 28), sequence < .max
        else { return nil }
        return State(sequence: sequence, mark: Mark(epoch: epoch, round: round))
    }
}
