// What an audit log and a quote prove together, or why nothing: the log followed to where the quote says, the nonce, the register, the
// TPM's signature and the validator's. A chain in software proves what its validator says; only hardware proves more, and only under a key
// that the reader knows to be a TPM's.

public import TrellisCrypto
public import TrellisModel

/// Why a log and a quote prove nothing together.
public enum AuditError: Error, Equatable, Sendable, CustomStringConvertible {
    case notAQuote
    case log(AuditLogError)
    /// The log has fewer records than the quote speaks of.
    case shortened(records: UInt64, quoted: UInt64)
    /// The log has more records than the quote speaks of: what is beyond is not proven.
    case lengthened(records: UInt64, quoted: UInt64)
    /// The quote answers another nonce.
    case otherNonce
    /// The log's last stretch is in software and the quote a TPM's, or the other way round.
    case otherModule
    /// The records are not those that were quoted.
    case otherRecords
    case tpm(TPMQuoteError)
    /// The TPM was reset since the log's last stretch began.
    case resetSince(logged: UInt32, quoted: UInt32)
    /// Another key than the one that was pinned.
    case otherKey
    case breaks([AuditBreak])
    /// The quote, or the log, is of another chain, or names no validator of it.
    case otherChain
    case otherValidator
    /// The validator did not sign the quote.
    case badValidatorSignature
    /// A quote in software proves nothing without the genesis.
    case needsGenesis
    case unusableGenesis(String)

    public var description: String {
        switch self {
        case .notAQuote: "this is not a quote in the form that validators write"
        case .log(let error): error.description
        case .shortened(let records, let quoted): "the log has \(records) records, the quote is of \(quoted): the log was cut short"
        case .lengthened(let records, let quoted): "the log has \(records) records, the quote is of \(quoted): the rest is not proven"
        case .otherNonce: "the quote answers another nonce: it is old, or was made for somebody else"
        case .otherModule: "the log ends in another module's stretch than the one that was quoted"
        case .otherRecords: "the log does not hold the records that were quoted: some were changed, moved, removed or added"
        case .tpm(let error): error.description
        case .resetSince(let logged, let quoted): "the TPM counts \(quoted) resets, the log's last stretch \(logged)"
        case .otherKey: "the quote was signed by another key than the one given"
        case .breaks(let breaks): breaks.map(\.description).joined(separator: "; ")
        case .otherChain: "it is of another chain"
        case .otherValidator: "the log and the quote are of different validators"
        case .badValidatorSignature: "the validator did not sign this quote"
        case .needsGenesis: "a quote of a software chain is signed by the validator alone: without the genesis it proves nothing"
        case .unusableGenesis(let reason): reason
        }
    }
}

/// What a reader holds a log and a quote against.
public struct AuditExpectation: Sendable {
    /// The nonce that the reader sent; nil where it does not matter how old the quote is.
    public var nonce: [UInt8]?
    /// The TPM's key, where the reader knows it.
    public var key: DeviceKey?
    /// The committee of the chain.
    public var committee: Committee?
    /// Values, besides zeros, with which the register may begin a boot.
    public var beginnings: Set<Digest> = []
    /// Whether records after the quoted ones are left out rather than refused.
    public var allowsLaterRecords = false
    /// Whether breaks are told rather than refused.
    public var allowsBreaks = false

    public init() {}
}

/// What was proven.
public struct AuditReport: Sendable {
    public let quote: AuditQuote
    /// The log after the quoted records.
    public let replay: AuditReplay
    /// What the TPM said; nil for a chain in software.
    public let attestation: TPMAttestation?
    /// The validator's name, by the log.
    public let validator: String
    /// Whether the nonce was the reader's own.
    public let isNonceChecked: Bool
    /// Whether the TPM's key was the reader's.
    public let isKeyPinned: Bool
    /// Whether the validator's signature was checked against the genesis.
    public let isValidatorChecked: Bool
    /// Records beyond the quoted ones.
    public let laterRecords: UInt64

    public var isHardware: Bool { attestation != nil }
}

public enum AuditVerification {
    /// Holds a log against a quote.
    ///
    /// - Parameters:
    ///   - log: lines, each with its newline.
    ///   - visit: is given every record that the quote covers, in order.
    public static func verify(
        log: [UInt8], quote bytes: [UInt8], _ expected: AuditExpectation, visit: (AuditRecord) -> Void = { _ in }
    ) throws(AuditError) -> AuditReport {
        guard let quote = AuditQuote(json: bytes) else { throw .notAQuote }
        let statement = quote.statement
        if let nonce = expected.nonce, nonce != statement.nonce { throw .otherNonce }
        var replay = AuditReplay(beginnings: expected.beginnings)
        let later = try follow(log, statement.records, &replay, visit)
        guard later == 0 || expected.allowsLaterRecords else {
            throw .lengthened(records: statement.records + later, quoted: statement.records)
        }
        guard let stretch = replay.stretch else { throw .log(.noBeginning) }
        guard stretch.chain == statement.chain else { throw .otherChain }
        guard stretch.module.isHardware == (quote.hardware != nil) else { throw .otherModule }
        guard statement.head == replay.head, statement.register == replay.register else { throw .otherRecords }
        let attestation = try attestation(of: quote, stretch, replay, expected)
        try check(quote, stretch, expected.committee)
        guard replay.breaks.isEmpty || expected.allowsBreaks else { throw .breaks(replay.breaks) }
        return AuditReport(
            quote: quote, replay: replay, attestation: attestation, validator: stretch.validator, isNonceChecked: expected.nonce != nil,
            isKeyPinned: expected.key != nil, isValidatorChecked: expected.committee != nil, laterRecords: later)
    }

    /// Follows the quoted records; returns how many lines stand behind them.
    private static func follow(
        _ log: [UInt8], _ records: UInt64, _ replay: inout AuditReplay, _ visit: (AuditRecord) -> Void
    ) throws(AuditError) -> UInt64 {
        var start = log.startIndex
        var later: UInt64 = 0
        while start < log.endIndex {
            // Every line has its newline: a last one without it was cut.
            let limit = min(log.endIndex, start + AuditRecord.lineBytesMaximum + 1)
            guard let end = log[start..<limit].firstIndex(of: UInt8(ascii: "\n")) else {
                throw .log(.malformed(record: replay.records + later))
            }
            if replay.records < records {
                do throws(AuditLogError) { visit(try replay.append(line: Array(log[start..<end]))) } catch { throw .log(error) }
            } else {
                later += 1
            }
            start = end + 1
        }
        guard replay.records == records else { throw .shortened(records: replay.records, quoted: records) }
        return later
    }

    /// What the TPM said of the register; nil for a chain in software.
    private static func attestation(
        of quote: AuditQuote, _ stretch: AuditRecord.Begin, _ replay: AuditReplay, _ expected: AuditExpectation
    ) throws(AuditError) -> TPMAttestation? {
        guard let hardware = quote.hardware, let key = quote.statement.key, case .tpm(let pcr, _, let resets, _) = stretch.module else {
            // A key was asked for, and this quote has none.
            if expected.key != nil { throw .otherKey }
            return nil
        }
        if let pinned = expected.key, pinned != key { throw .otherKey }
        let signature: TPMSignature
        do throws(TPMStructureError) { signature = try TPMSignature(bytes: hardware.signature) } catch { throw .tpm(.badStructure(error)) }
        let attestation: TPMAttestation
        do throws(TPMQuoteError) {
            attestation = try TPMQuote(attest: hardware.attest, signature: signature).verify(
                key: key, nonce: quote.statement.nonce, values: [.sha256: [pcr: replay.register.bytes]])
        } catch {
            throw .tpm(error)
        }
        guard attestation.resets == resets else { throw .resetSince(logged: resets, quoted: attestation.resets) }
        return attestation
    }

    private static func check(_ quote: AuditQuote, _ stretch: AuditRecord.Begin, _ committee: Committee?) throws(AuditError) {
        guard let committee else {
            if quote.hardware == nil { throw .needsGenesis }
            return
        }
        guard quote.statement.chain == committee.chain, let validator = committee.validator(quote.statement.validator) else {
            throw .otherChain
        }
        guard validator.name == stretch.validator else { throw .otherValidator }
        guard validator.key.isValid(quote.signature, for: quote.statement.wireBytes, context: .auditQuote) else {
            throw .badValidatorSignature
        }
    }
}
