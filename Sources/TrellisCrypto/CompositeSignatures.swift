// Composite signatures (IETF draft-ietf-lamps-pq-composite-sigs): one ML-DSA and one classical signature of the same message
// representative, valid only together. A forger must break both.
//
//     M' = "CompositeAlgorithmSignatures2025" ‖ label ‖ len(context) ‖ context ‖ SHA-512(message)
//
// ML-DSA signs M' with the label as its context string, the classical scheme signs M' as it is. Keys and signatures are the two parts one
// after the other, ML-DSA's first. Neither part is of use alone: the label keeps each from passing as a signature of its own scheme.

import Crypto
import Foundation

extension SignatureScheme {
    /// id-MLDSA65-Ed25519-SHA512.
    public static let mlDSA65Ed25519 = composite(
        .mlDSA65Ed25519, label: "COMPSIG-MLDSA65-Ed25519-SHA512", of: .mlDSA65, and: CompositeParts.ed25519)

    /// id-MLDSA87-ECDSA-P384-SHA512. The signature of its second part is DER, so its length varies.
    public static let mlDSA87P384 = composite(
        .mlDSA87P384, label: "COMPSIG-MLDSA87-ECDSA-P384-SHA512", of: .mlDSA87, and: CompositeParts.ecdsaP384)

    private static func composite(
        _ identifier: SignatureSchemeIdentifier, label: StaticString, of lattice: SignatureScheme, and parts: CompositeParts
    ) -> SignatureScheme {
        let recipe = CompositeRecipe(identifier: identifier, label: Domain(label), lattice: lattice, parts: parts)
        return SignatureScheme(
            identifier: identifier, name: recipe.label.name, publicKeySize: lattice.publicKeySize + parts.scheme.publicKeySize,
            signatureSize: lattice.signatureSize + parts.signatureSize, seedSize: lattice.seedSize + parts.seedSize,
            securityCategory: lattice.securityCategory, family: .composite,
            makeKey: { try CompositeSigningKey(recipe, lattice.generate($0), parts.scheme.generate($0)) },
            restoreKey: { try CompositeSigningKey(recipe, seed: $0, $1) },
            parseKey: { try CompositeVerifyingKey(recipe, $0, $1) })
    }
}

/// The classical half, and how the draft writes its private keys and signatures.
struct CompositeParts: Sendable {
    let scheme: SignatureScheme
    /// The length of a private key as the draft writes it.
    let seedSize: Int
    /// The length of a signature, the largest if it varies.
    let signatureSize: Int
    let writeSeed: @Sendable (SecretBytes) -> SecretBytes
    /// nil if it is not written as the draft writes it.
    let readSeed: @Sendable (SecretBytes) -> SecretBytes?
    /// nil if the scheme's signature does not parse.
    let writeSignature: @Sendable ([UInt8]) -> [UInt8]?
    let readSignature: @Sendable ([UInt8]) -> [UInt8]?

    static let ed25519 = CompositeParts(
        scheme: .ed25519, seedSize: 32, signatureSize: 64, writeSeed: { $0 }, readSeed: { $0 }, writeSignature: { $0 },
        readSignature: { $0 })

    /// Private keys as ECPrivateKey (RFC 5915), signatures as ECDSA-Sig-Value (RFC 3279 §2.2.3): 104 bytes at most.
    static let ecdsaP384 = CompositeParts(
        scheme: .ecdsaP384, seedSize: P384PrivateKeyEncoding.size, signatureSize: 104,
        writeSeed: { P384PrivateKeyEncoding.write($0) }, readSeed: { P384PrivateKeyEncoding.scalar(in: $0) },
        writeSignature: { raw in (try? P384.Signing.ECDSASignature(rawRepresentation: raw)).map { [UInt8]($0.derRepresentation) } },
        readSignature: { der in
            guard let parsed = try? P384.Signing.ECDSASignature(derRepresentation: der) else { return nil }
            // One signature, one encoding.
            return [UInt8](parsed.derRepresentation) == der ? [UInt8](parsed.rawRepresentation) : nil
        })
}

/// What a composite scheme is made of.
private struct CompositeRecipe: Sendable {
    let identifier: SignatureSchemeIdentifier
    let label: Domain
    let lattice: SignatureScheme
    let parts: CompositeParts

    private static let prefix = Array("CompositeAlgorithmSignatures2025".utf8)

    /// M' of the draft.
    func representative(of message: [UInt8], context: Domain) -> [UInt8] {
        Self.prefix + label.bytes + context.prefixed + SHA512.hash(data: message)
    }
}

private struct CompositeSigningKey: SigningKey {
    let publicKey: [UInt8]
    let seed: SecretBytes
    private let recipe: CompositeRecipe
    private let lattice: any SigningKey
    private let classical: any SigningKey

    var scheme: SignatureSchemeIdentifier { recipe.identifier }

    init(_ recipe: CompositeRecipe, _ lattice: any SigningKey, _ classical: any SigningKey) {
        self.recipe = recipe
        self.lattice = lattice
        self.classical = classical
        publicKey = lattice.publicKey + classical.publicKey
        seed = SecretBytes(joining: [lattice.seed, recipe.parts.writeSeed(classical.seed)])
    }

    init(_ recipe: CompositeRecipe, seed: SecretBytes, _ implementation: CryptoImplementation) throws {
        let split = recipe.lattice.seedSize
        guard let first = seed.slice(0..<split), let second = seed.slice(split..<seed.count).flatMap(recipe.parts.readSeed) else {
            throw CryptoError.invalidPrivateKey(scheme: recipe.label.name)
        }
        self.init(
            recipe, try recipe.lattice.signingKey(seed: first, implementation),
            try recipe.parts.scheme.signingKey(seed: second, implementation))
    }

    func sign(_ message: [UInt8], context: Domain) throws -> [UInt8] {
        let representative = recipe.representative(of: message, context: context)
        let first = try lattice.sign(representative, context: recipe.label)
        guard let second = try (classical as? any BareSigningKey)?.signBare(representative),
            let written = recipe.parts.writeSignature(second)
        else { throw CryptoError.signingFailed(scheme: recipe.label.name) }
        return first + written
    }
}

private struct CompositeVerifyingKey: VerifyingKey {
    let bytes: [UInt8]
    private let recipe: CompositeRecipe
    private let lattice: any VerifyingKey
    private let classical: any VerifyingKey

    var scheme: SignatureSchemeIdentifier { recipe.identifier }

    init(_ recipe: CompositeRecipe, _ bytes: [UInt8], _ implementation: CryptoImplementation) throws {
        let split = recipe.lattice.publicKeySize
        self.recipe = recipe
        self.bytes = bytes
        lattice = try recipe.lattice.verifyingKey(Array(bytes.prefix(split)), implementation)
        classical = try recipe.parts.scheme.verifyingKey(Array(bytes.dropFirst(split)), implementation)
    }

    func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain) -> Bool {
        let split = recipe.lattice.signatureSize
        guard signature.count > split, signature.count <= split + recipe.parts.signatureSize,
            let second = recipe.parts.readSignature(Array(signature.dropFirst(split))),
            let classical = classical as? any BareVerifyingKey
        else { return false }
        let representative = recipe.representative(of: message, context: context)
        return classical.isValidBare(second, for: representative)
            && lattice.isValid(Array(signature.prefix(split)), for: representative, context: recipe.label)
    }
}
