// ML-DSA (FIPS 204), pure, with the domain as its context string.

import Crypto
import Foundation

extension SignatureScheme {
    /// ML-DSA-65: category 3, the default.
    public static let mlDSA65 = lattice(
        MLDSA65.PrivateKey.self, .mlDSA65, "ML-DSA-65", publicKeySize: 1952, signatureSize: 3309, category: 3)

    /// ML-DSA-87: category 5, as CNSA 2.0 asks.
    public static let mlDSA87 = lattice(
        MLDSA87.PrivateKey.self, .mlDSA87, "ML-DSA-87", publicKeySize: 2592, signatureSize: 4627, category: 5)

    private static func lattice<Key: LatticePrivateKey>(
        _: Key.Type, _ identifier: SignatureSchemeIdentifier, _ name: String, publicKeySize: Int, signatureSize: Int, category: Int
    ) -> SignatureScheme {
        SignatureScheme(
            identifier: identifier, name: name, publicKeySize: publicKeySize, signatureSize: signatureSize, seedSize: 32,
            securityCategory: category, family: .lattice,
            makeKey: { try LatticeSigningKey<Key>(SecretBytes(random: 32), identifier, name) },
            restoreKey: { try LatticeSigningKey<Key>($0, identifier, name) },
            parseKey: { try LatticeVerifyingKey<Key.Public>($0, identifier, name, signatureSize) })
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
