// Follows an audit log line by line: the register as the TPM must have it, the chain over all lines, and whether each stretch goes on where
// the one before ended.
//
// A line is written and synced *before* the register is extended by it. A process that ends between the two leaves one line more in the log
// than in the register, which a lengthened log has as well. They are told apart by what comes next:
//
//   - While the log only lies there, a quote says of how many lines it speaks; what follows is refused (or, if asked for, left out), and no
//     quote is made between the two steps. So a line that never got into the register is proven by nothing.
//   - When the validator starts again it writes *begin* with the register's value as it finds it. Within one boot of the TPM that value must
//     be the one after the last line, or the one before it: this is the only place where a line may be missing in the register, and *begin*
//     itself, whose `head` covers that line, is then extended.
//   - After a boot (the TPM counts its resets) the register begins with zeros; or with what the boot measured into it, if the reader names
//     that value. The lines of earlier boots are covered by `head` from then on: by the word of the validator that wrote it, which the
//     quotes of earlier boots, if the reader kept any, prove.
//
// Any other value of the register is a *break*: something else extended it, or lines were removed. Readers refuse it unless told otherwise.

public import TrellisCrypto
import TrellisModel

/// Where a log cannot be followed from one stretch to the next.
public struct AuditBreak: Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// The register does not stand where the lines before leave it.
        case registerMoved
        /// After a boot it did not begin with zeros, nor with a value that was named.
        case unknownBeginning(Digest)
        /// The TPM's count of resets fell: it is another TPM, or was cleared.
        case otherModule
    }

    /// The record that opens the stretch.
    public let record: UInt64
    public let kind: Kind

    public init(record: UInt64, kind: Kind) {
        self.record = record
        self.kind = kind
    }

    public var description: String {
        switch kind {
        case .registerMoved: "record \(record): something that the log does not hold extended the register before it"
        case .unknownBeginning(let value): "record \(record): the register began this boot with \(value), and the log does not say why"
        case .otherModule: "record \(record): the TPM was reset fewer times than before; is it another one?"
        }
    }
}

/// Why a line does not belong where it stands.
public enum AuditLogError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(record: UInt64)
    /// Lines are missing, repeated or in another order.
    case misplaced(expected: UInt64, found: UInt64)
    /// The first line opens no stretch.
    case noBeginning
    /// A stretch begins that knows of other lines before it.
    case otherHistory(record: UInt64)
    /// A stretch of another validator or chain.
    case otherLog(record: UInt64)
    /// A checkpoint that is not later than the one before.
    case repeatedCheckpoint(record: UInt64, index: UInt64)

    public var description: String {
        switch self {
        case .malformed(let record): "line \(record + 1) is no record of an audit log"
        case .misplaced(let expected, let found):
            "record \(found) stands where record \(expected) belongs: lines were moved, removed or added"
        case .noBeginning: "the log does not begin with its beginning"
        case .otherHistory(let record): "record \(record) was written after other lines than those before it"
        case .otherLog(let record): "record \(record) is of another validator or chain"
        case .repeatedCheckpoint(let record, let index): "record \(record) attests checkpoint \(index) again"
        }
    }
}

/// The state of an audit log after some of its lines.
public struct AuditReplay: Sendable {
    /// A register's value and chain before anything.
    public static let zeros: Digest = Digest.zeros(.sha256)

    /// What a TPM is known to hold.
    private struct Device {
        var pcr: Int
        var resets: UInt32
        var restarts: UInt32
        var register: Digest
        /// Before the last line.
        var before: Digest
    }

    /// How many lines there were.
    public private(set) var records: UInt64 = 0
    /// The chain over all lines.
    public private(set) var head = zeros
    /// The opening of the present stretch.
    public private(set) var stretch: AuditRecord.Begin?
    public private(set) var breaks: [AuditBreak] = []
    /// How many stretches were opened.
    public private(set) var stretches = 0
    /// How many checkpoints were attested, and the last one's index.
    public private(set) var checkpoints: UInt64 = 0
    public private(set) var newestCheckpoint: UInt64?
    /// The records by which the TPM's register was extended since its last boot: a quote vouches for these, for all others the validator's word.
    public private(set) var registered: [Range<UInt64>] = []
    /// How many records stand in stretches in software.
    public private(set) var softwareRecords: UInt64 = 0
    public private(set) var firstTime: UInt64?
    public private(set) var lastTime: UInt64?
    private var software = zeros
    private var device: Device?
    private let beginnings: Set<Digest>

    /// - Parameter beginnings: values, besides zeros, with which the register may begin a boot.
    public init(beginnings: Set<Digest> = []) {
        self.beginnings = beginnings.union([Self.zeros])
    }

    /// The value of the present stretch's register.
    public var register: Digest { stretch?.module.isHardware == true ? device?.register ?? Self.zeros : software }

    /// The register after it is extended by a line, or the chain after the line.
    public static func extended(_ value: Digest, by digest: Digest) -> Digest {
        HashSuite.sha256.hash(value.bytes + digest.bytes)
    }

    /// Follows one line, without its newline; returns what it says.
    @discardableResult
    public mutating func append(line: [UInt8]) throws(AuditLogError) -> AuditRecord {
        guard let record = AuditRecord(line: line) else { throw .malformed(record: records) }
        guard record.number == records else { throw .misplaced(expected: records, found: record.number) }
        switch record.event {
        case .begin(let begin): try open(begin, record.number)
        case .attested(let attested):
            guard stretch != nil else { throw .noBeginning }
            for attestation in attested {
                if let newest = newestCheckpoint, attestation.index <= newest {
                    throw .repeatedCheckpoint(record: record.number, index: attestation.index)
                }
                newestCheckpoint = attestation.index
                checkpoints += 1
            }
        }
        let digest = HashSuite.sha256.hash(line)
        if stretch?.module.isHardware == true, let register = device?.register {
            device?.before = register
            device?.register = Self.extended(register, by: digest)
            countRegistered(records)
        } else {
            software = Self.extended(software, by: digest)
            softwareRecords += 1
        }
        head = Self.extended(head, by: digest)
        records += 1
        firstTime = firstTime ?? record.time
        lastTime = record.time
        return record
    }

    private mutating func open(_ begin: AuditRecord.Begin, _ number: UInt64) throws(AuditLogError) {
        guard begin.head == head else { throw .otherHistory(record: number) }
        if let stretch, stretch.chain != begin.chain || stretch.validator != begin.validator { throw .otherLog(record: number) }
        switch begin.module {
        case .software: software = Self.zeros
        case .tpm(let pcr, let register, let resets, let restarts):
            let found = Device(pcr: pcr, resets: resets, restarts: restarts, register: register, before: register)
            if let kind = breakKind(at: found) { breaks.append(AuditBreak(record: number, kind: kind)) }
            // A register that begins anew holds nothing of what was before.
            if let device, device.pcr == found.pcr, device.resets == found.resets,
                [device.register, device.before].contains(found.register)
            {
                if device.register != found.register { unregisterLast() }
            } else {
                registered = []
            }
            device = found
        }
        stretch = begin
        stretches += 1
    }

    private mutating func countRegistered(_ record: UInt64) {
        if let last = registered.last, last.upperBound == record {
            registered[registered.count - 1] = last.lowerBound..<record + 1
        } else {
            registered.append(record..<record + 1)
        }
    }

    /// The last line of the stretch before was written, and the register not extended by it.
    private mutating func unregisterLast() {
        guard let last = registered.popLast(), last.count > 1 else { return }
        registered.append(last.lowerBound..<last.upperBound - 1)
    }

    /// Whether a TPM's register goes on as it must; nil if it does.
    private func breakKind(at found: Device) -> AuditBreak.Kind? {
        let isKnownBeginning = beginnings.contains(found.register)
        guard let device, device.pcr == found.pcr else { return isKnownBeginning ? nil : .unknownBeginning(found.register) }
        if found.resets < device.resets { return .otherModule }
        if found.resets > device.resets { return isKnownBeginning ? nil : .unknownBeginning(found.register) }
        if [device.register, device.before].contains(found.register) { return nil }
        // Hibernation resets registers and counts as a restart.
        return found.restarts > device.restarts && isKnownBeginning ? nil : .registerMoved
    }
}
