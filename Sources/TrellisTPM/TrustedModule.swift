// What an audit trail and a high-water mark ask of a trusted platform module, and what can go wrong with one. The real one is in TPM.swift.

public import TrellisCrypto

/// A module that keeps registers which can only be extended, signs what they hold, and counts upwards only. Calls block for milliseconds,
/// a broken module's perhaps for ever: not for a thread that others wait for.
public protocol TrustedModule: AnyObject, Sendable {
    /// Extends a register of the SHA-256 bank.
    func extend(_ pcr: Int, by digest: Digest) throws(TPMError)
    /// The value of a register of the SHA-256 bank.
    func register(_ pcr: Int) throws(TPMError) -> Digest
    /// How often the module was reset (booted), and restarted or resumed since.
    func counts() throws(TPMError) -> (resets: UInt32, restarts: UInt32)
    /// The module's statement about a register in answer to a nonce of at most 64 bytes.
    func quote(_ pcr: Int, nonce: [UInt8]) throws(TPMError) -> ModuleQuote
    /// The value of a counter; nil if there is none at this index.
    func value(of counter: UInt32) throws(TPMError) -> UInt64?
    /// Adds one to a counter, which is made if there is none, and returns its value.
    func increment(_ counter: UInt32) throws(TPMError) -> UInt64
}

/// A quote as a module gives it.
public struct ModuleQuote: Sendable {
    /// TPMS_ATTEST.
    public let attest: [UInt8]
    /// TPMT_SIGNATURE.
    public let signature: [UInt8]
    /// The key that signed: always the same one for a module.
    public let key: DeviceKey

    public init(attest: [UInt8], signature: [UInt8], key: DeviceKey) {
        self.attest = attest
        self.signature = signature
        self.key = key
    }
}

/// What can go wrong with a module.
public enum TPMError: Error, Equatable, Sendable, CustomStringConvertible {
    /// This build or this machine cannot speak with TPMs.
    case unavailable(String)
    /// The module does not answer, or was reset by somebody else: open it anew.
    case lost(String)
    /// The module answered, and refused.
    case refused(String)

    public var description: String {
        switch self {
        case .unavailable(let reason): reason
        case .lost(let reason): "the TPM does not answer (\(reason))"
        case .refused(let reason): "the TPM refused (\(reason))"
        }
    }
}
