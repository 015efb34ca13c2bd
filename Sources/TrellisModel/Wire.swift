// The canonical codec: little-endian integers, u32 counts and lengths, raw digests. One value has exactly one encoding,
// and a decoder never allocates more than the bytes it was given can fill. No other file knows how bytes are laid out.

public import TrellisCrypto

/// Why bytes are not the canonical encoding of the expected type. Offsets are from the start of the decoded buffer.
public enum WireError: Error, Equatable, Sendable, CustomStringConvertible {
    case truncated(offset: Int)
    case trailingBytes(offset: Int)
    case tooMany(what: String, count: Int, limit: Int)
    case invalid(what: String, offset: Int)

    public var description: String {
        switch self {
        case .truncated(let offset): "input ends early at byte \(offset)"
        case .trailingBytes(let offset): "unexpected bytes after the end of the value at byte \(offset)"
        case .tooMany(let what, let count, let limit): "\(what): \(count) exceeds the limit of \(limit)"
        case .invalid(let what, let offset): "invalid \(what) at byte \(offset)"
        }
    }
}

public protocol WireEncodable {
    func encode(to encoder: inout WireEncoder)
}

public protocol WireDecodable {
    init(from decoder: inout WireDecoder) throws(WireError)
}

extension WireEncodable {
    /// The canonical bytes of this value.
    public var wireBytes: [UInt8] {
        var encoder = WireEncoder()
        encode(to: &encoder)
        return encoder.bytes
    }
}

extension WireDecodable {
    /// Decodes exactly one value that fills `bytes`.
    public init(wireBytes bytes: [UInt8], suite: HashSuite) throws(WireError) {
        var decoder = WireDecoder(bytes, suite: suite)
        self = try Self(from: &decoder)
        try decoder.finish()
    }
}

public struct WireEncoder: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    public mutating func u8(_ value: UInt8) { bytes.append(value) }
    public mutating func u16(_ value: UInt16) { integer(value) }
    public mutating func u32(_ value: UInt32) { integer(value) }
    public mutating func u64(_ value: UInt64) { integer(value) }

    private mutating func integer<T: FixedWidthInteger>(_ value: T) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    public mutating func count(_ value: Int) { u32(UInt32(clamping: value)) }
    public mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }
    public mutating func raw(_ value: ArraySlice<UInt8>) { bytes.append(contentsOf: value) }
    public mutating func digest(_ value: Digest) { value.append(to: &bytes) }

    /// A u32 length, then the bytes.
    public mutating func byteString(_ value: [UInt8]) {
        count(value.count)
        raw(value)
    }

    /// A byte string of UTF-8.
    public mutating func string(_ value: String) { byteString(Array(value.utf8)) }

    /// A u32 count, then the elements.
    public mutating func list<T: WireEncodable>(_ values: [T]) {
        count(values.count)
        for value in values { value.encode(to: &self) }
    }
}

public struct WireDecoder: Sendable {
    public let suite: HashSuite
    private let buffer: [UInt8]
    public private(set) var offset: Int

    public init(_ bytes: [UInt8], suite: HashSuite, offset: Int = 0) {
        self.buffer = bytes
        self.suite = suite
        self.offset = min(max(0, offset), bytes.count)
    }

    public var remaining: Int { buffer.count - offset }

    private mutating func take(_ count: Int) throws(WireError) -> Int {
        guard count >= 0, count <= remaining else { throw .truncated(offset: offset) }
        defer { offset += count }
        return offset
    }

    private mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(WireError) -> T {
        let start = try take(MemoryLayout<T>.size)
        return buffer.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: T.self)) }
    }

    public mutating func u8() throws(WireError) -> UInt8 { try integer(UInt8.self) }
    public mutating func u16() throws(WireError) -> UInt16 { try integer(UInt16.self) }
    public mutating func u32() throws(WireError) -> UInt32 { try integer(UInt32.self) }
    public mutating func u64() throws(WireError) -> UInt64 { try integer(UInt64.self) }

    /// A u32 count of at most `limit`.
    public mutating func count(_ what: String, limit: Int) throws(WireError) -> Int {
        let count = Int(try u32())
        guard count <= limit else { throw .tooMany(what: what, count: count, limit: limit) }
        return count
    }

    public mutating func raw(_ count: Int) throws(WireError) -> [UInt8] {
        let start = try take(count)
        return Array(buffer[start..<start + count])
    }

    /// Skips `count` bytes and tells where they stand.
    public mutating func range(_ count: Int) throws(WireError) -> Range<Int> {
        let start = try take(count)
        return start..<start + count
    }

    public mutating func digest() throws(WireError) -> Digest { try digest(suite) }

    public mutating func digest(_ suite: HashSuite) throws(WireError) -> Digest {
        let start = try take(suite.digestSize)
        guard let digest = Digest(buffer[start..<start + suite.digestSize]) else { throw .invalid(what: "digest", offset: start) }
        return digest
    }

    public mutating func byteString(_ what: String, limit: Int) throws(WireError) -> [UInt8] {
        try raw(try count(what, limit: limit))
    }

    public mutating func string(_ what: String, limit: Int) throws(WireError) -> String {
        let start = offset
        guard let string = String(validating: try byteString(what, limit: limit), as: UTF8.self) else {
            throw .invalid(what: "UTF-8 in \(what)", offset: start)
        }
        return string
    }

    /// A u32 count of at most `limit`, then the elements. Nothing is reserved beyond what the input can hold.
    public mutating func list<T: WireDecodable>(_ what: String, limit: Int) throws(WireError) -> [T] {
        let count = try count(what, limit: limit)
        var values: [T] = []
        values.reserveCapacity(min(count, remaining / max(1, MemoryLayout<T>.stride)))
        for _ in 0..<count { values.append(try T(from: &self)) }
        return values
    }

    public func finish() throws(WireError) {
        guard remaining == 0 else { throw .trailingBytes(offset: offset) }
    }
}
