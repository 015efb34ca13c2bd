// The keys of the identifier index and the filter that says which runs cannot hold one. Memory only.

/// A 32-byte identifier, ordered as its bytes are.
public struct IndexKey: Hashable, Comparable, Sendable {
    static let size = 32

    let first, second, third, fourth: UInt64

    /// The identifier that begins with these 32 bytes (a longer digest counts by its first 32); nil for fewer.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.size else { return nil }
        self = bytes.withUnsafeBytes { IndexKey($0, at: 0) }
    }

    /// Reads the key at `offset`, which the caller has checked.
    init(_ buffer: UnsafeRawBufferPointer, at offset: Int) {
        first = UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        second = UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        third = UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self))
        fourth = UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for word in [first, second, third, fourth] { bytes.append(littleEndian: word.byteSwapped) }
        return bytes
    }

    public static func < (left: IndexKey, right: IndexKey) -> Bool {
        if left.first != right.first { return left.first < right.first }
        if left.second != right.second { return left.second < right.second }
        return (left.third, left.fourth) < (right.third, right.fourth)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(first ^ third)
        hasher.combine(second ^ fourth)
    }

    /// Two words in which every bit of the key has a part, for the filter.
    var filterHash: (block: UInt64, bits: UInt64) {
        var word = first &* 0x9E37_79B9_7F4A_7C15 ^ second &* 0xC2B2_AE3D_27D4_EB4F
        word ^= third &* 0x1656_67B1_9E37_79F9 ^ fourth &* 0x27D4_EB2F_1656_67C5
        let block = Self.mix(word)
        return (block, Self.mix(block ^ 0x9E37_79B9_7F4A_7C15))
    }

    private static func mix(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word ^ (word >> 32)) &* 0xD6E8_FEB8_6659_FD93
        word = (word ^ (word >> 32)) &* 0xD6E8_FEB8_6659_FD93
        return word ^ (word >> 32)
    }
}

/// A Bloom filter whose bits for one key lie in one cache line: seven bits of 512, ten bits a key, about 1 % of false alarms.
struct BlockedBloomFilter: Sendable {
    private static let wordsPerBlock = 8
    private static let probes: UInt64 = 7
    private static let bitsPerKey = 10

    private(set) var words: [UInt64]

    /// An empty filter for `count` keys.
    init(count: Int) {
        words = [UInt64](repeating: 0, count: Self.wordCount(for: count))
    }

    /// A filter from stored words; nil if they are not a filter for `count` keys.
    init?(words: [UInt64], count: Int) {
        guard words.count == Self.wordCount(for: count) else { return nil }
        self.words = words
    }

    static func wordCount(for count: Int) -> Int {
        max(1, (count * bitsPerKey + 511) / 512) * wordsPerBlock
    }

    mutating func insert(_ key: IndexKey) {
        let hash = key.filterHash
        let start = start(of: hash.block)
        for probe in 0..<Self.probes {
            let bit = (hash.bits >> (9 * probe)) & 511
            words[start + Int(truncatingIfNeeded: bit >> 6)] |= 1 << (bit & 63)
        }
    }

    /// Whether the key may have been inserted; false is certain.
    func mayContain(_ hash: (block: UInt64, bits: UInt64)) -> Bool {
        let start = start(of: hash.block)
        return words.withUnsafeBufferPointer { words in
            for probe in 0..<Self.probes {
                let bit = (hash.bits >> (9 * probe)) & 511
                if words[start + Int(truncatingIfNeeded: bit >> 6)] & (1 << (bit & 63)) == 0 { return false }
            }
            return true
        }
    }

    private func start(of block: UInt64) -> Int {
        let blocks = UInt64(words.count / Self.wordsPerBlock)
        return Int(truncatingIfNeeded: block.multipliedFullWidth(by: blocks).high) * Self.wordsPerBlock
    }
}
