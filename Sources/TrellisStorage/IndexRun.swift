// One sorted, immutable file of the identifier index: how it is laid out, searched and read in order. Writing is IndexRunWriter's.
//
//     run  = header page ‖ item page* ‖ fences u64* ‖ filter u64* ‖ crc u32 of fences and filter
//     page = 102 items of 40 B (key ‖ value u64) ‖ zeros ‖ crc u32; 4096 B
//     A fence is the first eight bytes of a page's first key. Fences and filter stay in memory: about 1.4 B a key.

/// What the manifest says of a run.
struct IndexRunInfo: Equatable, Sendable {
    /// Its file's number; runs are numbered as they are written.
    var number: UInt64
    /// 0 for one written from memory; a merge of level n is of level n + 1.
    var level: UInt8
    /// How many items it holds.
    var count: UInt64
    /// How many keys its filter was made for (more than `count` if a merge dropped some).
    var filterCapacity: UInt64
    /// The smallest and the largest value.
    var least, greatest: UInt64
    /// Items with this value or a greater one were forgotten.
    var ceiling: UInt64 = .max

    /// The greatest value that is not forgotten; nil if all are.
    var greatestKept: UInt64? {
        least < ceiling ? min(greatest, ceiling - 1) : nil
    }
}

struct IndexPage {
    static let size = 4096
    static let itemSize = 40
    static let itemsPerPage = 102

    let bytes: [UInt8]
    let count: Int

    func item(_ index: Int) -> (key: IndexKey, value: UInt64) {
        bytes.withUnsafeBytes { buffer in
            let offset = index * Self.itemSize
            return (
                IndexKey(buffer, at: offset),
                UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: offset + IndexKey.size, as: UInt64.self))
            )
        }
    }

    func value(of key: IndexKey) -> UInt64? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            let item = item(middle)
            if item.key == key { return item.value }
            if item.key < key { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}

/// An open run.
final class IndexRun: Sendable {
    static let header = FileHeader(kind: "IDXR", version: 1)
    static let rebuildHint = "run `trellis repair --data DIR`: it is derived again from the ledger's entries"

    let info: IndexRunInfo
    private let file: any DiskFile
    private let fences: [UInt64]
    private let filter: BlockedBloomFilter

    var pageCount: Int { fences.count }

    /// A run that was just written.
    init(info: IndexRunInfo, file: any DiskFile, fences: [UInt64], filter: BlockedBloomFilter) {
        self.info = info
        self.file = file
        self.fences = fences
        self.filter = filter
    }

    /// Opens the run that `info` describes and reads its fences and filter.
    init(disk: any Disk, path: String, info: IndexRunInfo) throws(StorageError) {
        file = try disk.open(path)
        try Self.header.check(file.read(at: 0, count: FileHeader.size), file: path)
        let size = try file.size()
        let (count, capacity) = (Int(clamping: info.count), Int(clamping: info.filterCapacity))
        // Both are bounded by what the file can hold before anything is computed from them.
        guard count > 0, count <= size / IndexPage.itemSize, capacity >= count, capacity <= size else {
            throw .corrupt(file: path, offset: 0, hint: Self.rebuildHint)
        }
        let pages = (count + IndexPage.itemsPerPage - 1) / IndexPage.itemsPerPage
        let start = IndexPage.size * (1 + pages)
        let footerSize = 8 * (pages + BlockedBloomFilter.wordCount(for: capacity)) + 4
        let footer = try file.read(at: start, count: footerSize)
        guard size == start + footerSize, footer.endsWithItsChecksum else {
            throw .corrupt(file: path, offset: start, hint: Self.rebuildHint)
        }
        let words = footer.withUnsafeBytes { buffer in
            (0..<(footerSize / 8)).map { UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
        }
        guard let filter = BlockedBloomFilter(words: Array(words[pages...]), count: capacity) else {
            throw .corrupt(file: path, offset: start, hint: Self.rebuildHint)
        }
        self.info = info
        self.fences = Array(words[..<pages])
        self.filter = filter
    }

    private init(_ run: IndexRun, info: IndexRunInfo) {
        self.info = info
        file = run.file
        fences = run.fences
        filter = run.filter
    }

    /// The same run with a lower ceiling.
    func capped(at ceiling: UInt64) -> IndexRun {
        var info = info
        info.ceiling = min(info.ceiling, ceiling)
        return IndexRun(self, info: info)
    }

    func lookup(_ key: IndexKey, _ hash: (block: UInt64, bits: UInt64)) throws(StorageError) -> UInt64? {
        guard filter.mayContain(hash) else { return nil }
        // The first page that may hold the key, then those whose first key has the same first eight bytes.
        var page = max(0, firstFence(notBelow: key.first) - 1)
        while page < fences.count, page == 0 || fences[page] <= key.first {
            if let value = try self.page(page).value(of: key) { return value < info.ceiling ? value : nil }
            page += 1
        }
        return nil
    }

    private func firstFence(notBelow prefix: UInt64) -> Int {
        var low = 0
        var high = fences.count
        while low < high {
            let middle = (low + high) / 2
            if fences[middle] < prefix { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func page(_ index: Int) throws(StorageError) -> IndexPage {
        let pages = try self.pages(index..<(index + 1))
        return pages[0]
    }

    /// Reads several pages by one call.
    func pages(_ range: Range<Int>) throws(StorageError) -> [IndexPage] {
        let start = IndexPage.size * (1 + range.lowerBound)
        let bytes = try file.read(at: start, count: IndexPage.size * range.count)
        var pages: [IndexPage] = []
        for (offset, index) in range.enumerated() {
            var page = Array(bytes.dropFirst(IndexPage.size * offset).prefix(IndexPage.size))
            let place = IndexPage.size * (1 + index)
            if !page.endsWithItsChecksum { page = try file.read(at: place, count: IndexPage.size) }
            guard page.count == IndexPage.size, page.endsWithItsChecksum else {
                throw .corrupt(file: file.path, offset: place, hint: Self.rebuildHint)
            }
            let count = min(IndexPage.itemsPerPage, Int(clamping: info.count) - index * IndexPage.itemsPerPage)
            let items = IndexPage(bytes: page, count: count)
            // A page of another place, which is as intact.
            guard items.item(0).key.first == fences[index] else {
                throw .corrupt(file: file.path, offset: place, hint: Self.rebuildHint)
            }
            pages.append(items)
        }
        return pages
    }
}

/// Reads a run's items in order, without those above its ceiling.
struct IndexRunReader {
    private static let pagesAtOnce = 64

    private let run: IndexRun
    private var pages: [IndexPage] = []
    private var nextPage = 0
    private var page = 0
    private var item = 0

    init(_ run: IndexRun) {
        self.run = run
    }

    mutating func next() throws(StorageError) -> (key: IndexKey, value: UInt64)? {
        while true {
            if page == pages.count {
                if nextPage == run.pageCount { return nil }
                let end = min(run.pageCount, nextPage + Self.pagesAtOnce)
                pages = try run.pages(nextPage..<end)
                (nextPage, page, item) = (end, 0, 0)
            }
            if item == pages[page].count {
                (page, item) = (page + 1, 0)
                continue
            }
            let found = pages[page].item(item)
            item += 1
            if found.value < run.info.ceiling { return found }
        }
    }
}
