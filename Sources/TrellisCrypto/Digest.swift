// A hash value as a small inline value: 32 or 48 bytes, ordered as its bytes are. No hashing happens here.

/// A hash value of 32 bytes (SHA-256) or 48 bytes (SHA-384), stored inline.
///
/// The bytes are held as big-endian words, so that `<` is the lexicographic order of the bytes; a shorter digest that is a
/// prefix of a longer one sorts first.
public struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    private var word0: UInt64 = 0
    private var word1: UInt64 = 0
    private var word2: UInt64 = 0
    private var word3: UInt64 = 0
    private var word4: UInt64 = 0
    private var word5: UInt64 = 0
    private let size: UInt8

    /// The number of bytes: 32 or 48.
    public var count: Int { Int(size) }

    /// Takes the bytes of a hash value; nil unless there are 32 or 48 of them.
    public init?(_ bytes: some Collection<UInt8>) {
        if let digest = bytes.withContiguousStorageIfAvailable({ Digest(UnsafeRawBufferPointer($0)) }) {
            guard let digest else { return nil }
            self = digest
        } else {
            guard let digest = Array(bytes).withUnsafeBytes({ Digest($0) }) else { return nil }
            self = digest
        }
    }

    /// Takes the bytes of a hash value from memory; nil unless there are 32 or 48 of them.
    public init?(_ buffer: UnsafeRawBufferPointer) {
        guard buffer.count == 32 || buffer.count == 48 else { return nil }
        size = UInt8(buffer.count)
        word0 = Self.word(buffer, 0)
        word1 = Self.word(buffer, 8)
        word2 = Self.word(buffer, 16)
        word3 = Self.word(buffer, 24)
        if buffer.count == 48 {
            word4 = Self.word(buffer, 32)
            word5 = Self.word(buffer, 40)
        }
    }

    /// All bits zero, of a suite's size: what a chain of hashes begins with.
    public static func zeros(_ suite: HashSuite) -> Digest { Digest(zeros: UInt8(truncatingIfNeeded: suite.digestSize)) }

    private init(zeros size: UInt8) { self.size = size }

    /// Takes 64 or 96 hexadecimal digits of either case; nil for anything else.
    public init?(hex: String) {
        guard let bytes = Hex.decode(hex) else { return nil }
        self.init(bytes)
    }

    private static func word(_ buffer: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The bytes, 32 or 48 of them.
    public var bytes: [UInt8] { withBytes { Array($0) } }

    /// Appends the bytes to a buffer.
    public func append(to buffer: inout [UInt8]) {
        withBytes { buffer.append(contentsOf: $0) }
    }

    /// Calls `body` with the bytes, without a heap allocation. The pointer is valid only during the call.
    public func withBytes<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result) throws(Failure) -> Result {
        let words = (
            word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian, word4.bigEndian, word5.bigEndian
        )
        return try Swift.withUnsafeBytes(of: words) { (all: UnsafeRawBufferPointer) throws(Failure) -> Result in
            try body(UnsafeRawBufferPointer(rebasing: all[0..<Int(size)]))
        }
    }

    /// Lower-case hexadecimal.
    public var description: String { Hex.encode(bytes) }

    public static func < (left: Digest, right: Digest) -> Bool {
        if left.word0 != right.word0 { return left.word0 < right.word0 }
        if left.word1 != right.word1 { return left.word1 < right.word1 }
        if left.word2 != right.word2 { return left.word2 < right.word2 }
        if left.word3 != right.word3 { return left.word3 < right.word3 }
        if left.word4 != right.word4 { return left.word4 < right.word4 }
        if left.word5 != right.word5 { return left.word5 < right.word5 }
        return left.size < right.size
    }

    /// Feeds one word only: a digest is already uniform, and many that agree in 64 bits cannot be had.
    public func hash(into hasher: inout Hasher) { hasher.combine(word0) }
}

/// Hexadecimal text of bytes.
public enum Hex {
    /// Lower-case hexadecimal digits, two for each byte.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of an even number of hexadecimal digits of either case; nil for anything else.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var high: UInt8?
        for character in text.utf8 {
            guard let value = value(of: character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
