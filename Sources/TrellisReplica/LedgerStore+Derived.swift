// What is derived from the log's entries on disk: where each entry lies, which are decisions, the tree's nodes, the index of identifiers. None of
// it is asked for by others without being held against the entries; whatever is missing or wrong is derived again.

import TrellisCrypto
import TrellisLedger
import TrellisModel
package import TrellisStorage

extension LedgerStore {
    /// Removes all that can be derived from the entries, durably, and the places of votes' proofs if these are damaged: receipts do without. Returns
    /// whether there was anything.
    package static func dropDerived(on disk: any Disk) throws(StorageError) -> Bool {
        var files = [StoreLayout.entryPositions, decisionsPath]
        if try !VoteStore.hasPlaces(on: disk) { files.append(StoreLayout.votePlaces) }
        files += try disk.list(StoreLayout.nodes).map { "\(StoreLayout.nodes)/\($0)" }
        var found = try !disk.list(StoreLayout.index).isEmpty
        try IdentifierIndex.reset(disk: disk, directory: StoreLayout.index)
        for file in files where try disk.exists(file) {
            try disk.remove(file)
            found = true
        }
        for directory in [StoreLayout.nodes, "log"] { try disk.syncDirectory(directory) }
        return found
    }

    /// Whether all that is derived is there for the ledger's own entries, and the last of them is where it says.
    func isDerived() throws(StorageError) -> Bool {
        let size = ledger.logSize
        guard size > 0 else { return true }
        guard positions.count >= size, decisions.count >= ledger.counters.decisions, let covered = index.coveredUpTo, covered >= size - 1
        else { return false }
        for level in 0..<64 where size >> UInt64(level) > 0 {
            guard try self.level(level).count >= size >> UInt64(level) else { return false }
        }
        return try checkedEntry(at: size - 1) != nil
    }

    /// Derives it all again from the entries. False where these are not all there.
    func deriveAgain() throws -> Bool {
        try positions.truncate(count: 0)
        try decisions.truncate(count: 0)
        for level in 0..<64 where try disk.exists(StoreLayout.nodes(level: level)) { try self.level(level).truncate(count: 0) }
        try index.truncate(from: 0)
        var log = LogExtension()
        var cursor = entries.scan()
        while log.size < ledger.logSize, let (position, record) = try cursor.next() {
            // What was executed again after a restart stands there again.
            guard let identifier = LogExtension.identifier(of: record.payload), let key = IndexKey(identifier.bytes),
                try index.lookup(key) == nil
            else { continue }
            guard let part = log.append(own: record.payload) else { continue }
            try derive(part.appended, at: [position.rawValue], part.nodes)
        }
        return log.size == ledger.logSize && log.root == ledger.logRoot
    }

    /// Writes where entries lie, what finds them and what proves them.
    func derive(_ appended: [LogAppend], at places: [UInt64], _ nodes: [(level: Int, index: UInt64, hash: Digest)]) throws {
        try positions.append(Self.items(places))
        try decisions.append(
            Self.items(appended.filter { $0.bytes.first.flatMap(EntryKind.init(rawValue:))?.isDecision == true }.map(\.index)))
        for node in nodes { try level(node.level).append(node.hash.bytes) }
        for append in appended {
            guard let key = IndexKey(append.identifier.bytes) else { continue }
            try index.insert(key, append.index)
        }
    }

    /// The bytes of the entry at `index`; nil where what the disk gives is not what the tree was made of.
    func checkedEntry(at index: UInt64) throws(StorageError) -> [UInt8]? {
        let record: TrellisStorage.Record
        do {
            record = try entries.read(LogPosition(rawValue: Self.item(try positions.read(index))))
        } catch .corrupt, .noRecord {
            return nil
        }
        return try level(0).read(index) == Merkle.leafHash(record.payload).bytes ? record.payload : nil
    }
}
