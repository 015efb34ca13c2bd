// Copies of a simulated disk, as a backup has them, and what an onlooker can tell of it.

import Synchronization

extension SimulatedDisk {
    /// All files as a reader sees them.
    public func copy() -> [String: [UInt8]] {
        state.withLock { state in state.names.compactMapValues { state.files[$0]?.current } }
    }

    /// Puts a copy in the place of all that is there, durably. Files open before answer no more.
    ///
    /// - Parameter kept: paths of files that stay as they are.
    public func restore(_ copy: [String: [UInt8]], keeping kept: Set<String> = []) {
        state.withLock { $0.restore(copy, keeping: kept) }
    }

    /// Whether all of a log before `end` would survive a crash.
    public func isDurable(log directory: String, before end: LogPosition) -> Bool {
        let path = SegmentLog.path(directory, end.segment)
        return state.withLock { state in state.names[path].flatMap { state.files[$0] }.map { $0.durableCount >= end.offset } ?? false }
    }
}
