// A quote checked: its signature first, so that nothing is read that no key vouched for, then its structure, its nonce, and the digest of
// the registers it covers. Whose key it is, and how the registers came to their values, others say.

public import TrellisCrypto

/// Why a TPM's quote does not hold.
public enum TPMQuoteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The key did not sign these bytes, or by a hash that nobody should trust.
    case badSignature
    case badStructure(TPMStructureError)
    /// Another nonce than the one that was sent: an old quote, or somebody else's.
    case badNonce
    /// The quote is of other registers.
    case otherRegisters([TPMAttestation.Selection])
    /// The registers did not have these values.
    case registersDiffer

    public var description: String {
        switch self {
        case .badSignature: "the key did not sign this quote"
        case .badStructure(let error): "the TPM's statement is malformed: \(error)"
        case .badNonce: "the quote answers another nonce: it is old, or was made for somebody else"
        case .otherRegisters: "the quote is of other registers"
        case .registersDiffer: "the registers that were quoted do not have the values that follow from the log"
        }
    }
}

/// TPMS_ATTEST as it came, with its signature.
public struct TPMQuote: Sendable, Equatable {
    /// The values of one bank's registers, by number.
    public typealias Values = [Int: [UInt8]]

    public let attest: [UInt8]
    public let signature: TPMSignature

    public init(attest: [UInt8], signature: TPMSignature) {
        self.attest = attest
        self.signature = signature
    }

    /// What the TPM said, if `key` signed it in answer to `nonce`.
    ///
    /// - Throws: `badSignature`, `badStructure`, `badNonce`.
    public func statement(key: DeviceKey, nonce: [UInt8]) throws(TPMQuoteError) -> TPMAttestation {
        guard let hash = signature.hash.function, attest.count <= TPMAttestation.sizeMaximum,
            key.isValid(signature.signature, for: attest, hash: hash)
        else { throw .badSignature }
        let statement: TPMAttestation
        do throws(TPMStructureError) { statement = try TPMAttestation(bytes: attest) } catch { throw .badStructure(error) }
        guard statement.extraData == nonce else { throw .badNonce }
        return statement
    }

    /// What the TPM said, if besides it selected these registers, no others, and they had these values.
    ///
    /// - Throws: `otherRegisters`, `registersDiffer`, and what `statement` throws.
    public func verify(key: DeviceKey, nonce: [UInt8], values: [TPMHash: Values]) throws(TPMQuoteError) -> TPMAttestation {
        let statement = try statement(key: key, nonce: nonce)
        var selected: [UInt8] = []
        var open = values
        for selection in statement.selections {
            for register in selection.registers {
                guard let value = open[selection.bank]?.removeValue(forKey: register) else { throw .otherRegisters(statement.selections) }
                selected += value
            }
        }
        guard open.values.allSatisfy(\.isEmpty) else { throw .otherRegisters(statement.selections) }
        guard statement.registersDigest == signature.hash.function?.digest(selected) else { throw .registersDiffer }
        return statement
    }

    /// The value of a register after it was extended (Part 1, §17): H(value ‖ digest).
    package static func extended(_ value: [UInt8], by digest: [UInt8], bank: PrehashFunction) -> [UInt8] {
        bank.digest(value + digest)
    }
}
