// Writing a run of the identifier index, from memory or as the merge of older ones, in bounded memory.

/// Takes items in ascending order of their keys and leaves a durable run.
struct IndexRunWriter {
    /// Pages are written and synced by so many, so that a large merge never makes the journal's sync wait long.
    private static let chunkBytes = 2 << 20

    private let file: any DiskFile
    private let number: UInt64
    private let level: UInt8
    private let capacity: Int
    private var fences: [UInt64] = []
    private var filter: BlockedBloomFilter
    private var page: [UInt8] = []
    private var chunk: [UInt8] = []
    private var offset = IndexPage.size
    private var count: UInt64 = 0
    private var least = UInt64.max
    private var greatest: UInt64 = 0

    /// Begins the run for at most `capacity` items.
    init(disk: any Disk, path: String, number: UInt64, level: UInt8, capacity: Int) throws(StorageError) {
        let header = IndexRun.header.bytes
        try disk.replace(path, with: header + [UInt8](repeating: 0, count: IndexPage.size - header.count))
        file = try disk.open(path)
        self.number = number
        self.level = level
        self.capacity = capacity
        filter = BlockedBloomFilter(count: capacity)
    }

    mutating func append(_ key: IndexKey, _ value: UInt64) throws(StorageError) {
        if page.isEmpty { fences.append(key.first) }
        for word in [key.first, key.second, key.third, key.fourth] { page.append(littleEndian: word.byteSwapped) }
        page.append(littleEndian: value)
        filter.insert(key)
        count += 1
        least = min(least, value)
        greatest = max(greatest, value)
        if page.count == IndexPage.itemsPerPage * IndexPage.itemSize { try endPage() }
    }

    /// Makes the run durable; nil if it has no items.
    mutating func finish() throws(StorageError) -> IndexRun? {
        if !page.isEmpty { try endPage() }
        if count == 0 { return nil }
        try writeChunk()
        var footer: [UInt8] = []
        footer.reserveCapacity(8 * (fences.count + filter.words.count) + 4)
        for word in fences { footer.append(littleEndian: word) }
        for word in filter.words { footer.append(littleEndian: word) }
        footer.appendChecksum()
        try file.write(footer, at: offset)
        try file.sync()
        let info = IndexRunInfo(
            number: number, level: level, count: count, filterCapacity: UInt64(capacity), least: least, greatest: greatest)
        return IndexRun(info: info, file: file, fences: fences, filter: filter)
    }

    private mutating func endPage() throws(StorageError) {
        page.append(contentsOf: repeatElement(0, count: IndexPage.size - 4 - page.count))
        page.appendChecksum()
        chunk.append(contentsOf: page)
        page.removeAll(keepingCapacity: true)
        if chunk.count >= Self.chunkBytes { try writeChunk() }
    }

    private mutating func writeChunk() throws(StorageError) {
        if chunk.isEmpty { return }
        try file.write(chunk, at: offset)
        try file.sync()
        offset += chunk.count
        chunk.removeAll(keepingCapacity: true)
    }
}

/// The items of several runs in one ascending order; of equal keys only the one of the newest run.
struct IndexMerge {
    private var readers: [IndexRunReader]
    private var heads: [(key: IndexKey, value: UInt64)?] = []

    /// - Parameter runs: newest first.
    init(_ runs: [IndexRun]) throws(StorageError) {
        readers = runs.map { IndexRunReader($0) }
        for index in readers.indices { heads.append(try readers[index].next()) }
    }

    mutating func next() throws(StorageError) -> (key: IndexKey, value: UInt64)? {
        var best: (key: IndexKey, value: UInt64)?
        for head in heads {
            guard let head else { continue }
            if let found = best, found.key <= head.key { continue }
            best = head
        }
        guard let best else { return nil }
        for index in heads.indices where heads[index]?.key == best.key { heads[index] = try readers[index].next() }
        return best
    }
}
