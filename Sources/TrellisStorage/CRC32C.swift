// CRC-32C (Castagnoli, RFC 3720 §12.1) by sixteen tables: the checksum of every file of the store. It guards against accidents, not adversaries.

enum CRC32C {
    /// Sixteen tables of 256 words, made once and never freed. Never written after that, so that sharing them is safe.
    private nonisolated(unsafe) static let tables: UnsafePointer<UInt32> = {
        let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * 256)
        for index in 0..<256 {
            var word = UInt32(index)
            for _ in 0..<8 { word = (word >> 1) ^ (word & 1 == 1 ? 0x82F6_3B78 : 0) }
            tables[index] = word
        }
        for index in 256..<(16 * 256) {
            let previous = tables[index - 256]
            tables[index] = (previous >> 8) ^ tables[Int(previous & 0xFF)]
        }
        return UnsafePointer(tables)
    }()

    /// The checksum of `bytes`, continued from `seed`: `checksum(b, seed: checksum(a))` is that of `a ‖ b`.
    static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress else { return seed }
        let tables = Self.tables
        let count = bytes.count
        var crc = ~seed
        var offset = 0
        while offset &+ 16 <= count {
            let low = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(crc)
            let high = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt64.self))
            crc = fold(low, tables + 8 * 256) ^ fold(high, tables)
            offset &+= 16
        }
        while offset < count {
            crc = (crc >> 8) ^ tables[Int(truncatingIfNeeded: (crc ^ UInt32(base.load(fromByteOffset: offset, as: UInt8.self))) & 0xFF)]
            offset &+= 1
        }
        return ~crc
    }

    /// Eight bytes through eight tables; the first byte takes the last table.
    @inline(__always)
    private static func fold(_ word: UInt64, _ tables: UnsafePointer<UInt32>) -> UInt32 {
        let first =
            tables[7 &* 256 &+ Int(truncatingIfNeeded: word & 0xFF)] ^ tables[6 &* 256 &+ Int(truncatingIfNeeded: (word >> 8) & 0xFF)]
        let second =
            tables[5 &* 256 &+ Int(truncatingIfNeeded: (word >> 16) & 0xFF)]
            ^ tables[4 &* 256 &+ Int(truncatingIfNeeded: (word >> 24) & 0xFF)]
        let third =
            tables[3 &* 256 &+ Int(truncatingIfNeeded: (word >> 32) & 0xFF)]
            ^ tables[2 &* 256 &+ Int(truncatingIfNeeded: (word >> 40) & 0xFF)]
        let fourth = tables[256 &+ Int(truncatingIfNeeded: (word >> 48) & 0xFF)] ^ tables[Int(truncatingIfNeeded: word >> 56)]
        return first ^ second ^ third ^ fourth
    }
}
