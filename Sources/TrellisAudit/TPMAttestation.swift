// What a TPM says when it quotes its registers: TPMS_ATTEST of a quote and the signature over it (TPM 2.0 Library, Part 2, §10.12 and
// §11.3), read strictly and in full.

public import TrellisCrypto

/// TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE.
public struct TPMAttestation: Sendable, Equatable {
    /// The registers of one bank: TPMS_PCR_SELECTION.
    public struct Selection: Sendable, Equatable {
        public let bank: TPMHash
        /// Ascending.
        public let registers: [Int]

        public init(bank: TPMHash, registers: [Int]) {
            self.bank = bank
            self.registers = registers
        }
    }

    /// The largest structure that any TPM makes is smaller.
    public static let sizeMaximum = 2048
    /// TPM_GENERATED_VALUE: nothing that came from outside and was signed by a restricted key begins so.
    private static let magic: UInt32 = 0xFF54_4347
    private static let quoteType: UInt16 = 0x8018
    /// A name or a nonce: an algorithm and the longest digest.
    private static let nameMaximum = 2 + 64
    private static let selectionsMaximum = 16
    private static let selectBytesMaximum = 32

    /// The qualified name of the key that signed.
    public let signer: [UInt8]
    /// What the caller gave: the nonce.
    public let extraData: [UInt8]
    /// Milliseconds that the TPM has been powered, over its life.
    public let clock: UInt64
    /// TPM resets (boots) over its life; the true number only under a key of the endorsement or platform hierarchy.
    public let resets: UInt32
    /// Restarts and resumes since the last reset.
    public let restarts: UInt32
    /// Whether no higher clock may have been reported before.
    public let isClockSafe: Bool
    public let firmware: UInt64
    public let selections: [Selection]
    /// The signing scheme's hash over the values of the selected registers, in the order of `selections`.
    public let registersDigest: [UInt8]

    /// Reads exactly one structure.
    public init(bytes: [UInt8]) throws(TPMStructureError) {
        var reader = TPMReader(bytes)
        guard bytes.count <= Self.sizeMaximum else { throw reader.fault("it has more than \(Self.sizeMaximum) bytes") }
        guard try reader.integer("the magic number", as: UInt32.self) == Self.magic else { throw reader.fault("no TPM made it") }
        guard try reader.integer("the type", as: UInt16.self) == Self.quoteType else { throw reader.fault("it is no quote") }
        signer = try reader.sized("the signer's name", limit: Self.nameMaximum)
        extraData = try reader.sized("the nonce", limit: Self.nameMaximum)
        clock = try reader.integer("the clock")
        resets = try reader.integer("the count of resets")
        restarts = try reader.integer("the count of restarts")
        switch try reader.integer("the clock's safety", as: UInt8.self) {
        case 0: isClockSafe = false
        case 1: isClockSafe = true
        default: throw reader.fault("the clock's safety is neither yes nor no")
        }
        firmware = try reader.integer("the firmware's version")
        let count: UInt32 = try reader.integer("the count of banks")
        guard count <= Self.selectionsMaximum else { throw reader.fault("\(count) banks are too many") }
        var selections: [Selection] = []
        for _ in 0..<count { selections.append(try Self.selection(&reader)) }
        self.selections = selections
        registersDigest = try reader.sized("the registers' digest", limit: 64)
        try reader.finish()
    }

    private static func selection(_ reader: inout TPMReader) throws(TPMStructureError) -> Selection {
        let bank = try reader.hash("a bank")
        let size = Int(try reader.integer("the size of a selection", as: UInt8.self))
        guard size <= selectBytesMaximum else { throw reader.fault("a selection of \(size) bytes is too long") }
        let bits = try reader.raw("a selection", count: size)
        let registers = (0..<8 * size).filter { bits[$0 / 8] >> ($0 % 8) & 1 == 1 }
        return Selection(bank: bank, registers: registers)
    }
}

/// TPMT_SIGNATURE of a scheme with which a TPM quotes.
public struct TPMSignature: Sendable, Equatable {
    private static let rsassa: UInt16 = 0x0014
    private static let rsapss: UInt16 = 0x0016
    private static let ecdsa: UInt16 = 0x0018
    /// An RSA signature of 4,096 bits.
    private static let partMaximum = 512
    /// The largest, in bytes.
    public static let sizeMaximum = 6 + partMaximum

    public let hash: TPMHash
    public let signature: DeviceSignature

    public init(hash: TPMHash, signature: DeviceSignature) {
        self.hash = hash
        self.signature = signature
    }

    /// Reads exactly one structure.
    public init(bytes: [UInt8]) throws(TPMStructureError) {
        var reader = TPMReader(bytes)
        let scheme: UInt16 = try reader.integer("the signature's scheme")
        hash = try reader.hash("the signature's hash")
        switch scheme {
        case Self.rsassa: signature = .rsaPKCS1(try reader.sized("the signature", limit: Self.partMaximum))
        case Self.rsapss: signature = .rsaPSS(try reader.sized("the signature", limit: Self.partMaximum))
        case Self.ecdsa:
            signature = .ecdsa(
                r: try reader.sized("the signature's r", limit: Self.partMaximum),
                s: try reader.sized("the signature's s", limit: Self.partMaximum))
        default: throw reader.fault("the signature's scheme is unknown: \(scheme)")
        }
        try reader.finish()
    }
}
