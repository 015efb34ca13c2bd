// A TPM as far as quotes go, in a few lines: registers, a count of resets, TPMS_ATTEST and TPMT_SIGNATURE written by hand from Part 2 of the
// library specification, under an ECDSA P-384 key. And an audit log as a validator writes it.

import Testing
import TrellisAudit
import TrellisCrypto
import TrellisModel

struct SoftTPM {
    let key: any SigningKey
    var register = AuditReplay.zeros
    var resets: UInt32 = 1
    var restarts: UInt32 = 0

    init(seed: UInt8 = 3) throws {
        key = try SignatureScheme.ecdsaP384.signingKey(seed: SecretBytes([UInt8](repeating: seed, count: 48)))
    }

    var publicKey: DeviceKey {
        get throws { try DeviceKey(x: Array(key.publicKey[1..<49]), y: Array(key.publicKey[49...])) }
    }

    mutating func extend(_ digest: Digest) { register = AuditReplay.extended(register, by: digest) }

    mutating func reset() {
        register = AuditReplay.zeros
        resets += 1
    }

    static func big<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    static func sized(_ bytes: [UInt8]) -> [UInt8] { big(UInt16(bytes.count)) + bytes }

    /// TPMS_ATTEST with parts that may be wrong.
    func attest(
        nonce: [UInt8], magic: UInt32 = 0xFF54_4347, type: UInt16 = 0x8018, selection: [UInt8] = [0, 8, 0], safe: UInt8 = 1,
        banks: UInt32 = 1, trailing: [UInt8] = []
    ) -> [UInt8] {
        var bytes = Self.big(magic) + Self.big(type) + Self.sized([0x00, 0x0B] + [UInt8](repeating: 7, count: 32)) + Self.sized(nonce)
        bytes += Self.big(UInt64(12_345)) + Self.big(resets) + Self.big(restarts) + [safe] + Self.big(UInt64(0x2019_1023_0016_3636))
        bytes += Self.big(banks) + [0x00, 0x0B, UInt8(selection.count)] + selection
        return bytes + Self.sized(HashSuite.sha384.hash(register.bytes).bytes) + trailing
    }

    func sign(_ attest: [UInt8]) throws -> [UInt8] {
        let signature = try #require(try (key as? any BareSigningKey)?.signBare(attest))
        return [0x00, 0x18, 0x00, 0x0C] + Self.sized(Array(signature.prefix(48))) + Self.sized(Array(signature.suffix(48)))
    }
}

/// A validator's log, and its quotes.
struct LogWriter {
    let genesis: Genesis
    let committee: Committee
    private let consensus: any SigningKey
    var replay = AuditReplay()
    var lines: [[UInt8]] = []

    init() throws {
        let scheme = SignatureScheme.mlDSA44
        consensus = try scheme.signingKey(seed: SecretBytes([UInt8](repeating: 5, count: scheme.seedSize)))
        let seat = Genesis.SeatEntry(name: "seat", validator: 0, weight: 1, scheme: scheme.name, key: consensus.publicKey)
        genesis = Genesis(
            name: "test", nonce: [UInt8](repeating: 1, count: 16), created: 1_795_000_000_000,
            validators: [
                .init(
                    name: "solo", stake: 1, scheme: scheme.name, consensusKey: consensus.publicKey, identityScheme: scheme.name,
                    identityKey: consensus.publicKey)
            ], councils: [.init(name: Council.defaultName, seats: [seat])])
        committee = try Committee(genesis: genesis)
    }

    /// Writes a record; returns what the register is to be extended by.
    @discardableResult
    mutating func write(_ event: AuditRecord.Event) throws -> Digest {
        let line = AuditRecord(number: replay.records, time: 1_795_000_000_000 + replay.records, event: event).line
        try replay.append(line: line)
        lines.append(line)
        return HashSuite.sha256.hash(line)
    }

    mutating func begin(_ tpm: inout SoftTPM) throws {
        let module = AuditRecord.Module.tpm(pcr: 11, register: tpm.register, resets: tpm.resets, restarts: tpm.restarts)
        tpm.extend(try write(.begin(.init(chain: committee.chain, validator: "solo", head: replay.head, module: module))))
    }

    mutating func beginSoftware() throws {
        try write(.begin(.init(chain: committee.chain, validator: "solo", head: replay.head, module: .software(reason: "no TPM"))))
    }

    static func checkpoint(_ index: UInt64) -> Attestation {
        Attestation(index: index, checkpoint: HashSuite.sha256.hash(Array("checkpoint \(index)".utf8)))
    }

    mutating func attest(_ indices: UInt64..., to tpm: inout SoftTPM) throws {
        tpm.extend(try write(.attested(indices.map(Self.checkpoint))))
    }

    var log: [UInt8] { Self.text(lines) }

    static func text(_ lines: [[UInt8]]) -> [UInt8] { lines.flatMap { $0 + [UInt8(ascii: "\n")] } }

    static let nonce: [UInt8] = Array(1...20)

    func quote(_ tpm: SoftTPM?, nonce: [UInt8] = Self.nonce) throws -> [UInt8] {
        let statement = AuditQuote.Statement(
            chain: committee.chain, validator: 0, nonce: nonce, time: 1_795_000_001_000, records: replay.records, head: replay.head,
            register: replay.register, key: try tpm?.publicKey)
        let hardware = try tpm.map { tpm in
            let attest = tpm.attest(nonce: nonce)
            return AuditQuote.Hardware(attest: attest, signature: try tpm.sign(attest))
        }
        let signature = try consensus.sign(statement.wireBytes, context: .auditQuote)
        return AuditQuote(statement: statement, signature: signature, hardware: hardware).json
    }
}
