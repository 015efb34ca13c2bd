// What a later release leaves behind on a simulated disk, for tests of how this one meets it.

extension SimulatedDisk {
    /// Writes the header of a log's segment anew as a later release would, durably: the version is one higher and the checksum right.
    ///
    /// - Parameter path: of a file that begins with a whole header.
    /// - Returns: the bytes that were there.
    public func postdateSegment(_ path: String) throws(StorageError) -> [UInt8] {
        let file = try open(path)
        let before = try file.read(at: 0, count: SegmentHeader.size)
        var header = FileHeader(kind: SegmentHeader.file.kind, version: SegmentHeader.file.version + 1).bytes
        header += before.dropFirst(header.count).dropLast(4)
        header.appendChecksum()
        try file.write(header, at: 0)
        try file.sync()
        return before
    }
}
