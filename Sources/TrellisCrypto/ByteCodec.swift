// The byte layout of this module's own objects: little-endian integers, counts and lengths in front of what varies, nothing else.
// A reader never allocates more than it was given, and says of what is wrong what it is.

/// Writes the fields of an object one after another.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func integer<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    mutating func digest(_ value: Digest) { value.append(to: &bytes) }

    /// A u32 count, then the digests.
    mutating func digests(_ values: [Digest]) {
        integer(UInt32(clamping: values.count))
        for value in values { digest(value) }
    }

    /// A u32 length, then the bytes.
    mutating func string(_ value: [UInt8]) {
        integer(UInt32(clamping: value.count))
        raw(value)
    }
}

/// What is wrong with bytes that were read: what was expected, and where.
struct ByteReaderError: Error {
    let reason: String
}

/// Reads the fields of an object one after another.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }

    mutating func raw(_ what: String, count: Int) throws(ByteReaderError) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw ByteReaderError(reason: "it ends within \(what)") }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    mutating func integer<Value: FixedWidthInteger>(_ what: String, as _: Value.Type = Value.self) throws(ByteReaderError) -> Value {
        let field = try raw(what, count: MemoryLayout<Value>.size)
        return field.reversed().reduce(into: Value.zero) { $0 = $0 << 8 | Value(truncatingIfNeeded: $1) }
    }

    /// A u32 count of things of `size` bytes each, at most `limit`, and no more than there are bytes for.
    mutating func count(_ what: String, limit: Int, size: Int = 1) throws(ByteReaderError) -> Int {
        let count = Int(try integer("the count of \(what)", as: UInt32.self))
        guard count <= limit else { throw ByteReaderError(reason: "\(count) is too many for \(what): \(limit) at most") }
        guard count <= remaining / max(1, size) else { throw ByteReaderError(reason: "it ends within \(what)") }
        return count
    }

    mutating func digest(_ what: String, _ suite: HashSuite) throws(ByteReaderError) -> Digest {
        guard let digest = Digest(try raw(what, count: suite.digestSize)) else { throw ByteReaderError(reason: "\(what) is no digest") }
        return digest
    }

    /// A u32 count of at most `limit`, then the digests.
    mutating func digests(_ what: String, _ suite: HashSuite, limit: Int) throws(ByteReaderError) -> [Digest] {
        let count = try count(what, limit: limit, size: suite.digestSize)
        var values: [Digest] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try digest(what, suite)) }
        return values
    }

    /// A u32 length of at most `limit`, then the bytes.
    mutating func string(_ what: String, limit: Int) throws(ByteReaderError) -> [UInt8] {
        try raw(what, count: try count(what, limit: limit))
    }

    func finish() throws(ByteReaderError) {
        guard remaining == 0 else { throw ByteReaderError(reason: "\(remaining) bytes follow its end") }
    }
}
