// A quote of a validator's audit log: a file of JSON in one form. The validator signs a statement, under its consensus key and a context of
// its own, of how far the log reaches and what the register holds; where there is a TPM, the TPM's quote of that register stands beside
// it, and the statement vouches for the TPM's key. Both answer the same nonce.

public import TrellisCrypto
import TrellisJSON
public import TrellisModel

/// A quote as it is written and read. Nothing in it is checked; AuditVerification.swift does that.
public struct AuditQuote: Sendable, Equatable {
    /// Bytes of a nonce. What a TPM takes depends on its longest hash: 32 bytes pass everywhere.
    public static let nonceSizes = 8...64
    /// The largest file, in bytes: the longest signature in hexadecimal, and room.
    public static let fileBytesMaximum = 1 << 18
    private static let format = "trellis-audit-quote/1"

    /// What the validator signs.
    public struct Statement: Sendable, Equatable, WireEncodable {
        public let chain: Digest
        public let validator: ValidatorIndex
        public let nonce: [UInt8]
        public let time: Milliseconds
        /// How many records of the log it speaks of.
        public let records: UInt64
        /// The chain over them.
        public let head: Digest
        /// The register after them.
        public let register: Digest
        /// The TPM's key, as SubjectPublicKeyInfo; nil for a register in software.
        public let key: DeviceKey?

        public init(
            chain: Digest, validator: ValidatorIndex, nonce: [UInt8], time: Milliseconds, records: UInt64, head: Digest, register: Digest,
            key: DeviceKey?
        ) {
            self.chain = chain
            self.validator = validator
            self.nonce = nonce
            self.time = time
            self.records = records
            self.head = head
            self.register = register
            self.key = key
        }

        /// Signed under `Domain.auditQuote`.
        public func encode(to encoder: inout WireEncoder) {
            encoder.digest(chain)
            encoder.u32(validator)
            encoder.byteString(nonce)
            encoder.u64(time)
            encoder.u64(records)
            encoder.digest(head)
            encoder.digest(register)
            encoder.byteString(key?.der ?? [])
        }
    }

    /// A TPM's quote, as TPMS_ATTEST and TPMT_SIGNATURE.
    public struct Hardware: Sendable, Equatable {
        public let attest: [UInt8]
        public let signature: [UInt8]

        public init(attest: [UInt8], signature: [UInt8]) {
            self.attest = attest
            self.signature = signature
        }
    }

    public let statement: Statement
    /// The validator's.
    public let signature: [UInt8]
    /// Nil for a register in software.
    public let hardware: Hardware?

    public init(statement: Statement, signature: [UInt8], hardware: Hardware?) {
        self.statement = statement
        self.signature = signature
        self.hardware = hardware
    }

    /// The file, ending in a newline.
    public var json: [UInt8] {
        let tpm = hardware.map { hardware in
            JSON.members([
                "key": .string(statement.key?.pem ?? ""), "attest": .string(Hex.encode(hardware.attest)),
                "signature": .string(Hex.encode(hardware.signature)),
            ])
        }
        return JSON.members([
            "format": .string(Self.format), "chain": .string(statement.chain.description), "validator": .integer(statement.validator),
            "nonce": .string(Hex.encode(statement.nonce)), "time_ms": .integer(statement.time), "records": .integer(statement.records),
            "head": .string(statement.head.description), "register": .string(statement.register.description),
            "module": .string(hardware == nil ? "software" : "tpm"), "tpm": tpm, "signature": .string(Hex.encode(signature)),
        ]).bytes + [UInt8(ascii: "\n")]
    }

    /// Reads a file; nil unless it is a quote in its one form.
    public init?(json bytes: [UInt8]) {
        guard bytes.count <= Self.fileBytesMaximum, let json = try? JSON(parsing: bytes), json["format"]?.stringValue == Self.format,
            let chain = json.digest("chain"), let validator = json.uint64("validator").flatMap(ValidatorIndex.init(exactly:)),
            let nonce = json.hex("nonce"), Self.nonceSizes.contains(nonce.count), let time = json.uint64("time_ms"),
            let records = json.uint64("records"), let head = json.digest("head"), let register = json.digest("register"),
            let signature = json.hex("signature")
        else { return nil }
        var key: DeviceKey?
        var hardware: Hardware?
        if let tpm = json["tpm"] {
            guard let pem = tpm["key"]?.stringValue, let found = try? DeviceKey(pem: pem), let attest = tpm.hex("attest"),
                let signature = tpm.hex("signature")
            else { return nil }
            key = found
            hardware = Hardware(attest: attest, signature: signature)
        }
        let statement = Statement(
            chain: chain, validator: validator, nonce: nonce, time: time, records: records, head: head, register: register, key: key)
        self.init(statement: statement, signature: signature, hardware: hardware)
        guard self.json == bytes else { return nil }
    }
}
