// A block's batch of transactions: one buffer, the ranges in it, and each transaction's identifier. Nothing is copied per transaction.

public import TrellisCrypto

public struct Payload: Sendable {
    /// The buffer that `ranges` point into; it may hold more than the payload (the whole block it came in).
    public let buffer: [UInt8]
    public let ranges: [Range<Int>]
    /// RFC 9162 leaf hashes of the transactions, in order.
    public let identifiers: [Digest]

    public static let empty = Payload(buffer: [], ranges: [], identifiers: [])

    private init(buffer: [UInt8], ranges: [Range<Int>], identifiers: [Digest]) {
        self.buffer = buffer
        self.ranges = ranges
        self.identifiers = identifiers
    }

    /// Packs transactions (each already encoded) into one payload.
    public init(_ transactions: [Transaction]) {
        var encoder = WireEncoder(reserving: transactions.reduce(4) { $0 + $1.bytes.count + 4 })
        encoder.count(transactions.count)
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(transactions.count)
        for transaction in transactions {
            encoder.byteString(transaction.bytes)
            ranges.append(encoder.bytes.count - transaction.bytes.count..<encoder.bytes.count)
        }
        self.init(buffer: encoder.bytes, ranges: ranges, identifiers: transactions.map(\.identifier))
    }

    /// Reads a payload in place: a u32 count, then length-prefixed transactions, of at most `limit` bytes in all.
    init(from decoder: inout WireDecoder, buffer: [UInt8], limit: Int) throws(WireError) {
        let start = decoder.offset
        // Each transaction takes at least a length and one byte.
        let count = try decoder.count("transactions", limit: limit / 5)
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(min(count, decoder.remaining / 5))
        var identifiers: [Digest] = []
        identifiers.reserveCapacity(min(count, decoder.remaining / 5))
        for _ in 0..<count {
            let range = try decoder.range(try decoder.count("transaction bytes", limit: limit))
            guard !range.isEmpty else { throw .invalid(what: "empty transaction", offset: range.lowerBound) }
            ranges.append(range)
            identifiers.append(Merkle.leafHash(buffer[range]))
        }
        guard decoder.offset - start <= limit else {
            throw .tooMany(what: "payload bytes", count: decoder.offset - start, limit: limit)
        }
        self.init(buffer: buffer, ranges: ranges, identifiers: identifiers)
    }

    public var count: Int { ranges.count }
    public var isEmpty: Bool { ranges.isEmpty }
    public var root: Digest { Merkle.root(identifiers) }
    /// Bytes of the encoded payload.
    public var encodedSize: Int { ranges.reduce(4) { $0 + $1.count + 4 } }

    /// The bytes of transaction `index`, in place.
    public subscript(_ index: Int) -> ArraySlice<UInt8> { buffer[ranges[index]] }

    public func kind(_ index: Int) -> EntryKind? { EntryKind(rawValue: buffer[ranges[index].lowerBound]) }

    func encode(to encoder: inout WireEncoder) {
        encoder.count(count)
        for index in ranges.indices {
            encoder.count(ranges[index].count)
            encoder.raw(self[index])
        }
    }

    /// The transactions as values of their own, to put back into a pool.
    public var transactions: [Transaction] {
        ranges.indices.map { Transaction(bytes: Array(self[$0]), identifier: identifiers[$0]) }
    }
}

/// An encoded transaction and its identifier.
public struct Transaction: Sendable, Equatable {
    public let bytes: [UInt8]
    public let identifier: Digest

    public init(bytes: [UInt8]) {
        self.bytes = bytes
        identifier = Merkle.leafHash(bytes)
    }

    init(bytes: [UInt8], identifier: Digest) {
        self.bytes = bytes
        self.identifier = identifier
    }

    public init(_ proposal: Proposal) { self.init(bytes: proposal.wireBytes) }
    public init(_ record: Record) { self.init(bytes: record.wireBytes) }
    public init(_ votes: VoteBatch) { self.init(bytes: votes.wireBytes) }
    public init(_ evidence: Evidence) { self.init(bytes: evidence.wireBytes) }
}
