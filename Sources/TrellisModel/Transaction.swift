// What clients and seats put into blocks. A transaction's identifier is the RFC 9162 leaf hash of its bytes, so that one hash serves
// as identifier, as leaf of the block's payload root, and (for a record) as leaf of the decision log.

public import TrellisCrypto

/// First byte of every transaction and of every log entry: one numbering, so that no two kinds share bytes.
public enum EntryKind: UInt8, Sendable {
    case propose = 0x01
    case votes = 0x02
    case record = 0x03
    case evidence = 0x04
    /// A proposal with sections behind its fields: see `ProposalSection`.
    case extendedProposal = 0x05
    case decision = 0x10
    /// Of several councils together.
    case jointDecision = 0x11

    public var isDecision: Bool { self == .decision || self == .jointDecision }
    public var isProposal: Bool { self == .propose || self == .extendedProposal }
}

/// Sixteen bytes that tell equal requests apart; derived from the idempotency key where the client gave one.
public struct Nonce: Sendable, Hashable {
    public static let size = 16
    public let bytes: [UInt8]

    /// Nil unless `bytes` has exactly 16 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = bytes
    }

    /// The nonce of an idempotency key: the first 16 bytes of SHA-256 over a tagged key.
    public init(idempotencyKey: String) {
        bytes = Array(HashSuite.sha256.tagged(Domain("trellis/idempotency/1"), [Array(idempotencyKey.utf8)]).bytes.prefix(Self.size))
    }

    init(from decoder: inout WireDecoder) throws(WireError) { bytes = try decoder.raw(Self.size) }
}

/// A named value of a proposal, such as `agent` or `cwd`.
public struct ProposalField: Sendable, Equatable, WireEncodable, WireDecodable {
    public let name: String
    public let value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        name = try decoder.string("field name", limit: Proposal.fieldNameMaximum)
        value = try decoder.string("field value", limit: Proposal.textMaximum)
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.string(name)
        encoder.string(value)
    }
}

/// What may stand behind a proposal's fields, by the number that it has there.
enum ProposalSection: UInt8 {
    case sealed = 1
    case proposer = 2
}

/// A question put to a council: may this be done?
///
/// Its encoding begins with `EntryKind.propose`, or with `extendedProposal` when it has sections. Those stand behind the fields: a u8 count, at
/// least 1, then each section's u8 number and content, ascending by number.
public struct Proposal: Sendable, Equatable, WireEncodable, WireDecodable {
    public static let textMaximum = 64 * 1024
    public static let kindMaximum = 64
    public static let fieldNameMaximum = 64
    public static let fieldsMaximum = 64

    public let nonce: Nonce
    /// The council that is asked, or several: see `CouncilNeed`.
    public let council: String
    /// What `text` is: `command`, `text`, or any word a policy knows.
    public let kind: String
    public let text: String
    /// Sorted by the bytes of their names, names unique.
    public let fields: [ProposalField]
    /// What only chosen validators can read; `text` is empty then.
    public internal(set) var sealed: SealedContent?
    /// Who proposes, where it says so.
    public internal(set) var proposer: Proposer?

    public init(
        nonce: Nonce, council: String = Council.defaultName, kind: String, text: String, fields: [String: String] = [:],
        sealed: SealedContent? = nil, proposer: Proposer? = nil
    ) {
        self.nonce = nonce
        self.sealed = sealed
        self.council = council
        self.kind = kind
        self.text = text
        self.fields = ProposalField.sorted(fields)
        self.proposer = proposer
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        guard let entry = EntryKind(rawValue: try decoder.u8()), entry.isProposal else {
            throw .invalid(what: "proposal kind", offset: decoder.offset - 1)
        }
        nonce = try Nonce(from: &decoder)
        council = try decoder.string("council", limit: CouncilNeed.textMaximum)
        kind = try decoder.string("kind", limit: Self.kindMaximum)
        text = try decoder.string("text", limit: Self.textMaximum)
        fields = try decoder.list("fields", limit: Self.fieldsMaximum)
        for (left, right) in zip(fields, fields.dropFirst()) where !left.name.utf8.lexicographicallyPrecedes(right.name.utf8) {
            throw .invalid(what: "order of fields", offset: decoder.offset)
        }
        if entry == .extendedProposal { try readSections(&decoder) }
    }

    private mutating func readSections(_ decoder: inout WireDecoder) throws(WireError) {
        let count = try decoder.u8()
        var last: UInt8 = 0
        for _ in 0..<count {
            let number = try decoder.u8()
            guard number > last, let section = ProposalSection(rawValue: number) else {
                throw .invalid(what: "section", offset: decoder.offset - 1)
            }
            last = number
            switch section {
            case .sealed: sealed = try SealedContent(from: &decoder)
            case .proposer: proposer = try Proposer(from: &decoder)
            }
        }
        guard count > 0 else { throw .invalid(what: "number of sections", offset: decoder.offset - 1) }
        guard sealed == nil || text.isEmpty else { throw .invalid(what: "text beside sealed content", offset: decoder.offset) }
    }

    private var sections: [(ProposalSection, any WireEncodable)] {
        [sealed.map { (.sealed, $0) }, proposer.map { (.proposer, $0) }].compactMap { $0 }
    }

    public func encode(to encoder: inout WireEncoder) {
        let sections = sections
        encoder.u8((sections.isEmpty ? EntryKind.propose : .extendedProposal).rawValue)
        encoder.raw(nonce.bytes)
        encoder.string(council)
        encoder.string(kind)
        encoder.string(text)
        encoder.list(fields)
        guard !sections.isEmpty else { return }
        encoder.u8(UInt8(clamping: sections.count))
        for (section, content) in sections {
            encoder.u8(section.rawValue)
            content.encode(to: &encoder)
        }
    }

    public var identifier: Digest { Merkle.leafHash(wireBytes) }
}

/// An opaque entry that needs order and a receipt but no vote.
public struct Record: Sendable, Equatable, WireEncodable, WireDecodable {
    /// Bytes around the data: kind, nonce, length.
    public static let overhead = 1 + Nonce.size + 4

    public let nonce: Nonce
    public let data: [UInt8]

    public init(nonce: Nonce, data: [UInt8]) {
        self.nonce = nonce
        self.data = data
    }

    public init(from decoder: inout WireDecoder) throws(WireError) {
        guard try decoder.u8() == EntryKind.record.rawValue else { throw .invalid(what: "record kind", offset: decoder.offset - 1) }
        nonce = try Nonce(from: &decoder)
        data = try decoder.byteString("record data", limit: decoder.remaining)
    }

    public func encode(to encoder: inout WireEncoder) {
        encoder.u8(EntryKind.record.rawValue)
        encoder.raw(nonce.bytes)
        encoder.byteString(data)
    }

    public var identifier: Digest { Merkle.leafHash(wireBytes) }

    /// Whether `bytes` is laid out as a record, without copying the data.
    public static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count >= overhead, bytes.first == EntryKind.record.rawValue else { return false }
        let at = bytes.startIndex + 1 + Nonce.size
        let length = UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
        return Int(length) == bytes.count - overhead
    }
}
