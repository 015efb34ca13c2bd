// What happens when a log is opened or repaired: finding its segments, judging damage, cutting a torn tail, setting corrupt bytes aside.

/// Opens a log's files. Used once per opening.
struct LogOpening {
    static let repairHint =
        "run `trellis repair --data DIR`: it keeps a copy of the damaged files and cuts the log at this byte; what followed is fetched from peers"

    let disk: any Disk
    let directory: String
    var committed = SegmentLog.Committed()
    var recovery = SegmentLog.Recovery()

    init(disk: any Disk, directory: String) {
        self.disk = disk
        self.directory = directory
    }

    /// Damage that no crash explains.
    struct Damage: Error {
        var number: UInt32
        var offset: Int
    }

    /// Opens every segment; throws `corrupt` for damage.
    mutating func run(verifiesAll: Bool) throws(StorageError) {
        try disk.createDirectory(directory)
        var numbers = try segmentNumbers()
        if numbers.isEmpty {
            try begin(0)
            numbers = [0]
        }
        if let damage = try load(numbers, verifiesAll: verifiesAll) {
            throw .corrupt(file: SegmentLog.path(directory, damage.number), offset: damage.offset, hint: Self.repairHint)
        }
    }

    func segmentNumbers() throws(StorageError) -> [UInt32] {
        let suffix = ".segment"
        return try disk.list(directory).filter { $0.hasSuffix(suffix) }.compactMap { UInt32($0.dropLast(suffix.count)) }
    }

    /// Writes an empty segment.
    func begin(_ number: UInt32) throws(StorageError) {
        let header = SegmentHeader(number: number, salt: disk.salt(), previousEnd: 0)
        try disk.replace(SegmentLog.path(directory, number), with: header.bytes)
    }

    /// Fills `committed` with the segments; returns the first damage, if any. Cuts a torn tail.
    mutating func load(_ numbers: [UInt32], verifiesAll: Bool) throws(StorageError) -> Damage? {
        guard let first = numbers.first, let last = numbers.last else { return nil }
        committed.first = first
        committed.last = last
        var previousEnd: Int?
        for (expected, number) in zip(first..., numbers) {
            guard number == expected else { return Damage(number: expected, offset: 0) }
            let path = SegmentLog.path(directory, number)
            let file = try disk.open(path)
            let size = try file.size()
            let found = try readTwice { () throws(StorageError) in
                try SegmentHeader(file.read(at: 0, count: SegmentHeader.size), file: path)
            }
            guard let header = found, header.number == number else { return Damage(number: number, offset: 0) }
            if let previousEnd, header.previousEnd != UInt64(previousEnd) {
                return Damage(number: number - 1, offset: min(previousEnd, Int(clamping: header.previousEnd)))
            }
            var segment = SegmentLog.Segment(file: file, format: RecordFormat(salt: header.salt), end: size)
            if verifiesAll || number == last, let damage = try verify(&segment, number: number, isLast: number == last) { return damage }
            committed.segments[number] = segment
            previousEnd = segment.end
        }
        return nil
    }

    private mutating func verify(_ segment: inout SegmentLog.Segment, number: UInt32, isLast: Bool) throws(StorageError) -> Damage? {
        let inspection = try inspect(segment)
        recovery.records += inspection.records
        if inspection.isDamaged {
            if inspection.isCorruptMiddle || !isLast { return Damage(number: number, offset: inspection.end) }
            recovery.truncatedBytes = segment.end - inspection.end
            recovery.truncatedFile = SegmentLog.path(directory, number)
            try segment.file.truncate(to: inspection.end)
        }
        // What was written and not synced before a crash of the process alone is now promised: make it so.
        if isLast { try segment.file.sync() }
        segment.end = inspection.end
        return nil
    }

    /// What is read wrong once is no damage, and nothing may be cut off for it: where damage shows, the segment is read again, and the reading
    /// that finds more intact counts; of two that find as much, one that shows that the damage had been durable, or else the one that a crash
    /// explains.
    private func inspect(_ segment: SegmentLog.Segment) throws(StorageError) -> SegmentInspection {
        let first = SegmentInspection(try segment.file.read(at: 0, count: segment.end), format: segment.format)
        guard first.isDamaged else { return first }
        let second = SegmentInspection(try segment.file.read(at: 0, count: segment.end), format: segment.format)
        guard second.end == first.end else { return second.end > first.end ? second : first }
        return [first, second].first(where: \.wasAcknowledged) ?? (second.isCorruptMiddle ? first : second)
    }
}

extension SegmentLog {
    /// What a repair did.
    public struct Repair: Equatable, Sendable {
        /// The file that was damaged, and the byte at which it was cut.
        public let file: String
        /// The byte at which the file was cut.
        public let offset: Int
        /// Copies of every file as it was before, named `….damaged` (and `-again` if there is such a copy already).
        public let copies: [String]
    }

    /// Cuts the log in `directory` at its first damage, after copying the damaged segment, and all later ones, to files beside them whose names end
    /// in `.damaged`. This is what `trellis repair --data DIR` does for each log. Returns nil if nothing was corrupt.
    ///
    /// What lay behind the damage is gone from the log: the owner learns it again from peers, and must not sign for rounds that it may have signed before.
    public static func repair(disk: any Disk, directory: String) throws(StorageError) -> Repair? {
        var opening = LogOpening(disk: disk, directory: directory)
        let numbers = try opening.segmentNumbers()
        guard let damage = try opening.load(numbers, verifiesAll: true) else { return nil }
        let doomed = numbers.filter { $0 >= damage.number }
        var copies: [String] = []
        for number in doomed {
            var copy = path(directory, number) + ".damaged"
            while try disk.exists(copy) { copy += "-again" }
            try disk.replace(copy, with: disk.contents(path(directory, number)))
            copies.append(copy)
        }
        // From the last one down, so that a crash on the way leaves a log that is shorter and no less repairable.
        for number in doomed.reversed() where number != damage.number || damage.offset < SegmentHeader.size {
            try disk.remove(path(directory, number))
            try disk.syncDirectory(directory)
        }
        if damage.offset >= SegmentHeader.size {
            let file = try disk.open(path(directory, damage.number))
            try file.truncate(to: damage.offset)
            try file.sync()
        } else if damage.number == numbers.first {
            try opening.begin(damage.number)
        }
        return Repair(file: path(directory, damage.number), offset: damage.offset, copies: copies)
    }
}
