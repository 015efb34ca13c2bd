// LMS (RFC 8554, SP 800-208) and XMSS (RFC 8391, SP 800-208) with trees of height 10: signature schemes whose key signs 1,024 times and must
// never use one of its one-time keys twice. They are for firmware and for the ceremonies of roots and genesis, where signatures are few, kept
// for decades and made by hand; they are not in the list of schemes that committees vote with. Counting the one-time keys durably is the
// business of StatefulSigner in TrellisNode; here a signature costs a `OneTimeIndex`, which can be spent once and is made only there.

internal import CTrellisKernels

/// A stateful hash-based signature scheme with a tree of height 10.
public struct StatefulSignatureScheme: Hashable, Sendable, CustomStringConvertible {
    enum Kind: Hashable, Sendable {
        /// The numbers of RFC 8554 §4.1, §5.1 and SP 800-208 §4.
        case lms(tree: UInt32, oneTime: UInt32)
        /// The identifiers of RFC 8391 §5.3 and SP 800-208 §5.
        case xmss(UInt32)
    }

    let kind: Kind
    /// The standard's name: "LMS_SHA256_M32_H10/LMOTS_SHA256_N32_W8", "XMSS-SHA2_10_256".
    public let name: String

    /// What this code offers to sign with.
    public static let all: [StatefulSignatureScheme] = lms + xmss
    /// LMS with SHA-256 and SHAKE256, nodes of 32 and 24 bytes, digits of 1, 2, 4 and 8 bits.
    public static let lms: [StatefulSignatureScheme] = makeLMS()
    /// XMSS with SHA-2 and SHAKE, of the sets that SP 800-208 approves: nodes of 32 and 24 bytes.
    public static let xmss: [StatefulSignatureScheme] = [
        .init(kind: .xmss(0x01), name: "XMSS-SHA2_10_256"), .init(kind: .xmss(0x0d), name: "XMSS-SHA2_10_192"),
        .init(kind: .xmss(0x10), name: "XMSS-SHAKE256_10_256"), .init(kind: .xmss(0x13), name: "XMSS-SHAKE256_10_192"),
    ]

    /// The scheme with this name; nil if there is none.
    public static func named(_ name: String) -> StatefulSignatureScheme? { all.first { $0.name == name } }

    private static func makeLMS() -> [StatefulSignatureScheme] {
        let families = [("SHA256", 32), ("SHA256", 24), ("SHAKE", 32), ("SHAKE", 24)]
        return families.enumerated().flatMap { number, family in
            [1, 2, 4, 8].enumerated().map { place, width in
                StatefulSignatureScheme(
                    kind: .lms(tree: UInt32(5 + 5 * number + 1), oneTime: UInt32(1 + 4 * number + place)),
                    name: "LMS_\(family.0)_M\(family.1)_H10/LMOTS_\(family.0)_N\(family.1)_W\(width)")
            }
        }
    }

    /// A scheme of any height by the numbers of its types, for published vectors; nil if there is none.
    package init?(lmsType: UInt32, oneTimeType: UInt32) {
        guard tk_lms_node_bytes(lmsType, oneTimeType) > 0 else { return nil }
        self.init(kind: .lms(tree: lmsType, oneTime: oneTimeType), name: "LMS \(lmsType)/\(oneTimeType)")
    }

    /// A scheme of any height by its identifier, for published vectors; nil if there is none.
    package init?(xmssIdentifier: UInt32) {
        guard tk_xmss_node_bytes(xmssIdentifier) > 0 else { return nil }
        self.init(kind: .xmss(xmssIdentifier), name: "XMSS \(xmssIdentifier)")
    }

    private init(kind: Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// The number of messages that a key signs: 1,024 for what `all` lists.
    public var capacity: Int {
        switch kind {
        case .lms(let tree, _): 1 << Int(tk_lms_height(tree))
        case .xmss(let identifier): 1 << Int(tk_xmss_height(identifier))
        }
    }

    /// The size in bytes of a node of the tree.
    public var nodeSize: Int {
        switch kind {
        case .lms(let tree, let oneTime): tk_lms_node_bytes(tree, oneTime)
        case .xmss(let identifier): tk_xmss_node_bytes(identifier)
        }
    }

    /// In bytes, with the types or the identifier.
    public var publicKeySize: Int {
        switch kind {
        case .lms(let tree, let oneTime): tk_lms_public_key_bytes(tree, oneTime)
        case .xmss(let identifier): tk_xmss_public_key_bytes(identifier)
        }
    }

    /// In bytes.
    public var signatureSize: Int {
        switch kind {
        case .lms(let tree, let oneTime): tk_lms_signature_bytes(tree, oneTime)
        case .xmss(let identifier): tk_xmss_signature_bytes(identifier)
        }
    }

    /// In bytes: I and SEED of LMS; S_XMSS, SK_PRF and SEED of XMSS.
    public var seedSize: Int {
        switch kind {
        case .lms: Int(TK_LMS_IDENTIFIER_BYTES) + nodeSize
        case .xmss: 3 * nodeSize
        }
    }

    public var description: String { name }

    /// Whether `signature` of `message`, for one purpose, is of this scheme and valid under `publicKey`. What is malformed is not valid.
    public func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain, publicKey: [UInt8]) -> Bool {
        guard publicKey.count == publicKeySize, publicKey.starts(with: publicKeyHead) else { return false }
        let message = context.prefixed + message
        switch kind {
        case .lms: return StatefulSignatures.isValidLMS(signature, for: message, publicKey: publicKey)
        case .xmss: return StatefulSignatures.isValidXMSS(signature, for: message, publicKey: publicKey)
        }
    }

    /// The types, or the identifier, that public keys begin with.
    private var publicKeyHead: [UInt8] {
        let numbers: [UInt32] =
            switch kind {
            case .lms(let tree, let oneTime): [tree, oneTime]
            case .xmss(let identifier): [identifier]
            }
        return numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    }
}

/// One of a key's one-time keys, set aside for one signature: it can be spent, not copied. Whoever makes one vouches that no other is or ever
/// was made of the same key and index.
public struct OneTimeIndex: ~Copyable, Sendable {
    let value: UInt32

    package init(_ value: UInt32) {
        self.value = value
    }
}

/// The private key of a stateful scheme. Its seed is the whole of it, but for the count of what was signed, which is not here.
public struct StatefulSigningKey: Sendable {
    public let scheme: StatefulSignatureScheme
    /// The encoded public key, computed once.
    public let publicKey: [UInt8]
    public let seed: SecretBytes

    /// The key of a seed. Computes the whole tree, which takes a moment.
    ///
    /// - Throws: `CryptoError.wrongSize`.
    package init(_ scheme: StatefulSignatureScheme, seed: SecretBytes) throws {
        guard seed.count == scheme.seedSize else {
            throw CryptoError.wrongSize(of: "the seed of \(scheme.name)", expected: scheme.seedSize, actual: seed.count)
        }
        var publicKey = [UInt8](repeating: 0, count: scheme.publicKeySize)
        let code = seed.withBytes { seed in
            let seed = seed.assumingMemoryBound(to: UInt8.self)
            return switch scheme.kind {
            case .lms(let tree, let oneTime):
                tk_lms_keygen(tree, oneTime, &publicKey, seed.baseAddress.map { $0 + Int(TK_LMS_IDENTIFIER_BYTES) }, seed.baseAddress)
            case .xmss(let identifier): tk_xmss_keygen(identifier, &publicKey, seed.baseAddress)
            }
        }
        guard code == 0 else { throw CryptoError.invalidPrivateKey(scheme: scheme.name) }
        self.scheme = scheme
        self.seed = seed
        self.publicKey = publicKey
    }

    /// Signs `message` for one purpose, with a one-time key that is spent by it.
    ///
    /// - Throws: `CryptoError.signingFailed` for an index beyond the tree.
    package func sign(_ message: [UInt8], context: Domain, with index: consuming OneTimeIndex) throws -> [UInt8] {
        // LMS asks for a random value with each message; XMSS derives its own (SP 800-208 §6).
        let randomizer: [UInt8]? = if case .lms = scheme.kind { SystemRandom.bytes(scheme.nodeSize) } else { nil }
        return try signBare(context.prefixed + message, with: index, randomizer: randomizer)
    }

    /// Signs a message as it is, without a purpose: for published vectors.
    package func signBare(_ message: [UInt8], with index: consuming OneTimeIndex, randomizer: [UInt8]? = nil) throws -> [UInt8] {
        let (number, size) = (index.value, scheme.signatureSize)
        guard randomizer == nil || randomizer?.count == scheme.nodeSize else { throw CryptoError.signingFailed(scheme: scheme.name) }
        var code: Int32 = 0
        let signature = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            buffer.initialize(repeating: 0)
            count = size
            code = seed.withBytes { seed in
                let seed = seed.assumingMemoryBound(to: UInt8.self)
                return switch scheme.kind {
                case .lms(let tree, let oneTime):
                    tk_lms_sign(
                        tree, oneTime, buffer.baseAddress, seed.baseAddress.map { $0 + Int(TK_LMS_IDENTIFIER_BYTES) }, seed.baseAddress,
                        number, message, message.count, randomizer)
                case .xmss(let identifier):
                    tk_xmss_sign(identifier, buffer.baseAddress, seed.baseAddress, number, message, message.count)
                }
            }
        }
        guard code == 0 else { throw CryptoError.signingFailed(scheme: scheme.name) }
        return signature
    }
}

/// Checking signatures of any height and of trees upon trees, as their public keys say; messages are taken as they are.
package enum StatefulSignatures {
    /// LMS.
    package static func isValidLMS(_ signature: [UInt8], for message: [UInt8], publicKey: [UInt8]) -> Bool {
        tk_lms_verify(publicKey, publicKey.count, signature, signature.count, message, message.count) == 0
    }

    /// HSS, levels of LMS trees.
    package static func isValidHSS(_ signature: [UInt8], for message: [UInt8], publicKey: [UInt8]) -> Bool {
        tk_hss_verify(publicKey, publicKey.count, signature, signature.count, message, message.count) == 0
    }

    /// XMSS.
    package static func isValidXMSS(_ signature: [UInt8], for message: [UInt8], publicKey: [UInt8]) -> Bool {
        tk_xmss_verify(publicKey, publicKey.count, signature, signature.count, message, message.count) == 0
    }

    /// XMSS^MT, layers of XMSS trees.
    package static func isValidXMSSMT(_ signature: [UInt8], for message: [UInt8], publicKey: [UInt8]) -> Bool {
        tk_xmssmt_verify(publicKey, publicKey.count, signature, signature.count, message, message.count) == 0
    }
}
