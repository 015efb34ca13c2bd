// The binary batch of records, `application/vnd.trellis.records`: a u32 count, then for each record a u32 length and its bytes, all
// integers little-endian. The answer in the same type is a u32 count, then identifiers of 32 bytes. No JSON comes near this path.

import TrellisCrypto
import TrellisJSON
import TrellisModel

enum RecordBatch {
    /// Records in one request.
    static let recordsMaximum = 16_384

    /// The ranges of the records in `body`. Nothing is copied.
    static func ranges(in body: [UInt8], recordLimit: Int) throws(Problem) -> [Range<Int>] {
        var decoder = WireDecoder(body, suite: .sha256)
        do throws(WireError) {
            let count = try decoder.count("records", limit: recordsMaximum)
            var ranges: [Range<Int>] = []
            // Each record takes at least its length.
            ranges.reserveCapacity(min(count, decoder.remaining / 4))
            for _ in 0..<count { ranges.append(try decoder.range(try decoder.count("record bytes", limit: recordLimit))) }
            try decoder.finish()
            return ranges
        } catch .tooMany(let what, let count, let limit) {
            throw .tooLarge("\(what): \(count) exceeds the limit of \(limit)")
        } catch {
            throw .badRequest("malformed batch: \(error)")
        }
    }

    /// Makes transactions of records: one base nonce for all, counted up.
    static func transactions(_ records: some Collection<ArraySlice<UInt8>>, base: Nonce) -> [Transaction] {
        var nonces = NonceSequence(base: base)
        return records.map { Transaction(Record(nonce: nonces.next(), data: Array($0))) }
    }

    static func encode(_ identifiers: [Digest]) -> [UInt8] {
        var encoder = WireEncoder(reserving: 4 + identifiers.count * HashSuite.sha256.digestSize)
        encoder.count(identifiers.count)
        for identifier in identifiers { encoder.digest(identifier) }
        return encoder.bytes
    }
}

extension Nonce {
    static func random() -> Nonce {
        var generator = SystemRandomNumberGenerator()
        var bytes = [UInt8](repeating: 0, count: size)
        for index in bytes.indices { bytes[index] = generator.next() }
        return Nonce(bytes)!
    }
}
