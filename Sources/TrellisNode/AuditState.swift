// How an audit trail is set up, and how it is: what a configuration says and what whoever asks is told.

public import TrellisAudit
public import TrellisCrypto

/// How a validator's audit trail is set up.
public struct AuditOptions: Sendable, Equatable {
    /// The TCTI of a TPM, such as "device:/dev/tpmrm0" or "swtpm:path=/run/swtpm.sock"; nil for a register in software.
    public var tpm: String?
    /// The register that is extended.
    public var pcr = 11
    /// Between two quotes of the validator's own accord.
    public var quoteInterval: Duration = .seconds(3600)

    /// Between two counts of a TPM's counter, which tell this data directory from older copies. Each is a write to memory that wears out.
    public var counterInterval: Duration = .seconds(600)

    public init() {}
}

/// An audit trail at a glance.
public struct AuditState: Sendable {
    /// Whether a TPM holds the register at this moment.
    public var isHardware: Bool
    /// Why it is held in software; nil in hardware, and before the start.
    public var reason: String?
    /// The TPM's register.
    public var pcr: Int?
    /// Lines of the log.
    public var records: UInt64
    /// The chain over them.
    public var head: Digest
    /// The register's value, as it follows from the log.
    public var register: Digest
    public var checkpoints: UInt64
    public var newestCheckpoint: UInt64?
    /// Checkpoints that are attested and not in the log yet.
    public var waiting: Int
    /// Where the register did not stand where the log had left it.
    public var breaks: [String]
    /// The TPM's attestation key, once it has quoted.
    public var key: DeviceKey?
    public var lastQuote: AuditQuote.Statement?
    /// Why nothing is written any more; nil while all is well.
    public var failure: String?

    public init(
        isHardware: Bool, reason: String?, pcr: Int?, records: UInt64, head: Digest, register: Digest, checkpoints: UInt64,
        newestCheckpoint: UInt64?, waiting: Int, breaks: [String], key: DeviceKey?, lastQuote: AuditQuote.Statement?, failure: String?
    ) {
        self.isHardware = isHardware
        self.reason = reason
        self.pcr = pcr
        self.records = records
        self.head = head
        self.register = register
        self.checkpoints = checkpoints
        self.newestCheckpoint = newestCheckpoint
        self.waiting = waiting
        self.breaks = breaks
        self.key = key
        self.lastQuote = lastQuote
        self.failure = failure
    }
}
