// ML-DSA (FIPS 204) as the library has it: without ML-DSA-44, hedged only. The second implementation, which differential tests hold
// against the kernels and `--crypto portable` selects.

import Crypto
import Foundation

/// Keys of the library; nil for a parameter set that it does not have.
enum PortableLattice {
    /// Whether the library has the scheme.
    static func serves(_ scheme: SignatureSchemeIdentifier) -> Bool { scheme == .mlDSA65 || scheme == .mlDSA87 }

    static func signingKey(_ seed: SecretBytes, _ scheme: SignatureSchemeIdentifier) throws -> (any SigningKey)? {
        switch scheme {
        case .mlDSA65: try LatticeSigningKey<MLDSA65.PrivateKey>(seed, scheme, "ML-DSA-65")
        case .mlDSA87: try LatticeSigningKey<MLDSA87.PrivateKey>(seed, scheme, "ML-DSA-87")
        default: nil
        }
    }

    static func verifyingKey(_ bytes: [UInt8], _ scheme: SignatureSchemeIdentifier) throws -> (any VerifyingKey)? {
        switch scheme {
        case .mlDSA65: try LatticeVerifyingKey<MLDSA65.PublicKey>(bytes, scheme, "ML-DSA-65", MLDSA.ParameterSet.mlDSA65.signatureSize)
        case .mlDSA87: try LatticeVerifyingKey<MLDSA87.PublicKey>(bytes, scheme, "ML-DSA-87", MLDSA.ParameterSet.mlDSA87.signatureSize)
        default: nil
        }
    }
}

/// What the library's two ML-DSA private key types have in common.
private protocol LatticePrivateKey: Sendable {
    associatedtype Public: LatticePublicKey
    var publicKey: Public { get }
    init<Bytes: DataProtocol>(seedRepresentation: Bytes, publicKey: Public?) throws
    func signature<Message: DataProtocol, Context: DataProtocol>(for data: Message, context: Context) throws -> Data
}

/// What the library's two ML-DSA public key types have in common.
private protocol LatticePublicKey: Sendable {
    var rawRepresentation: Data { get }
    init<Bytes: DataProtocol>(rawRepresentation: Bytes) throws
    func isValidSignature<Signature: DataProtocol, Message: DataProtocol, Context: DataProtocol>(
        _ signature: Signature, for data: Message, context: Context
    ) -> Bool
}

extension MLDSA65.PrivateKey: LatticePrivateKey {}
extension MLDSA87.PrivateKey: LatticePrivateKey {}
extension MLDSA65.PublicKey: LatticePublicKey {}
extension MLDSA87.PublicKey: LatticePublicKey {}

private struct LatticeSigningKey<Key: LatticePrivateKey>: SigningKey {
    let scheme: SignatureSchemeIdentifier
    let publicKey: [UInt8]
    let seed: SecretBytes
    private let name: String
    private let key: Key

    init(_ seed: SecretBytes, _ scheme: SignatureSchemeIdentifier, _ name: String) throws {
        do {
            key = try seed.withBytes { try Key(seedRepresentation: Data($0), publicKey: nil) }
        } catch {
            throw CryptoError.invalidPrivateKey(scheme: name)
        }
        self.scheme = scheme
        self.seed = seed
        self.name = name
        publicKey = [UInt8](key.publicKey.rawRepresentation)
    }

    func sign(_ message: [UInt8], context: Domain) throws -> [UInt8] {
        do {
            return [UInt8](try key.signature(for: message, context: context.bytes))
        } catch {
            throw CryptoError.signingFailed(scheme: name)
        }
    }
}

private struct LatticeVerifyingKey<Key: LatticePublicKey>: VerifyingKey {
    let scheme: SignatureSchemeIdentifier
    let bytes: [UInt8]
    private let signatureSize: Int
    private let key: Key

    init(_ bytes: [UInt8], _ scheme: SignatureSchemeIdentifier, _ name: String, _ signatureSize: Int) throws {
        do {
            key = try Key(rawRepresentation: bytes)
        } catch {
            throw CryptoError.invalidPublicKey(scheme: name)
        }
        self.scheme = scheme
        self.bytes = bytes
        self.signatureSize = signatureSize
    }

    func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain) -> Bool {
        signature.count == signatureSize && key.isValidSignature(signature, for: message, context: context.bytes)
    }
}
