// Reads that are wrong once, and writes that go astray: what a simulated disk does without telling.

import Synchronization

/// A write that went to another place and left the right one as it was before.
public struct StrayWrite: Sendable, Equatable {
    /// The file that was written to.
    public let source: String
    /// The file that has the bytes now.
    public let target: String
}

/// What is to go wrong, and what has.
struct SilentFaults: Sendable {
    /// A write that is still hidden by what the operating system keeps in memory.
    struct Hidden: Sendable {
        var source: String
        var offset: Int
        var before: [UInt8]
        var bytes: [UInt8]
    }

    var readsLeft: Int?
    var flippedRead: String?
    var writesLeft: Int?
    var isMeant: @Sendable (String, String) -> Bool = { _, _ in true }
    var hidden: Hidden?
}

extension SimulatedDisk {
    /// Lets the read after `count` others give back one bit wrong. The disk is sound: read again, it gives back what is there.
    public func flipRead(after count: Int) {
        state.withLock { $0.silent.readsLeft = count }
    }

    /// The file of which a read was wrong since this was last asked.
    public func takeFlippedRead() -> String? {
        state.withLock { $0.silent.flippedRead.take() }
    }

    /// Lets a write go astray: the one after `count` others that could. It shows after the next crash.
    ///
    /// - Parameter isMeant: whether a write to the first file may end in the second one.
    public func misdirectWrite(after count: Int, where isMeant: @escaping @Sendable (String, String) -> Bool = { _, _ in true }) {
        state.withLock {
            $0.silent.writesLeft = count
            $0.silent.isMeant = isMeant
        }
    }

    /// All files there are, sorted.
    public var paths: [String] { state.withLock { $0.names.keys.sorted() } }
}

extension SimulatedState {
    mutating func flipRead(_ bytes: inout [UInt8], of path: String) {
        guard let left = silent.readsLeft, !bytes.isEmpty else { return }
        silent.readsLeft = left > 0 ? left - 1 : nil
        guard left == 0 else { return }
        bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        silent.flippedRead = path
    }

    /// - Parameter file: as it is before the write.
    mutating func noteWrite(_ bytes: [UInt8], at offset: Int, of file: SimulatedContents, _ path: String) {
        guard let left = silent.writesLeft, !bytes.isEmpty, names.keys.contains(where: { silent.isMeant(path, $0) }) else { return }
        silent.writesLeft = left > 0 ? left - 1 : nil
        guard left == 0 else { return }
        let end = min(file.current.count, offset + bytes.count)
        var before = offset < end ? Array(file.current[offset..<end]) : []
        // What the file grows by is allocated and never written.
        before += repeatElement(0, count: bytes.count - before.count)
        silent.hidden = .init(source: path, offset: offset, before: before, bytes: bytes)
    }

    /// Where a write that went astray is still what the file should have, the file is as it was before, and the bytes stand elsewhere: as far
    /// into a sector as they should.
    mutating func showStrayWrite() -> [StrayWrite] {
        guard let hidden = silent.hidden.take(), let number = names[hidden.source], let found = files[number]?.current,
            hidden.offset + hidden.bytes.count <= found.count,
            found[hidden.offset..<(hidden.offset + hidden.bytes.count)].elementsEqual(hidden.bytes)
        else { return [] }
        let targets = names.keys.filter { silent.isMeant(hidden.source, $0) }.sorted()
        guard let target = targets.randomElement(using: &random), let other = names[target] else { return [] }
        files[number]?.changeDurably { $0.replaceSubrange(hidden.offset..<(hidden.offset + hidden.bytes.count), with: hidden.before) }
        files[other]?.changeDurably { bytes in
            let sector = SimulatedDisk.sectorBytes
            let start = Int.random(in: 0...(bytes.count / sector), using: &random) * sector + hidden.offset % sector
            guard start != hidden.offset || other != number else { return }
            for (place, byte) in hidden.bytes.enumerated() where start + place < bytes.count { bytes[start + place] = byte }
        }
        return [StrayWrite(source: hidden.source, target: target)]
    }
}
