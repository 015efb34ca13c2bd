// SLH-DSA (FIPS 205) on the kernels: the twelve parameter sets, keys of seeds, signing and verifying as the standard's interfaces have them.

internal import CTrellisKernels

/// SLH-DSA, the stateless hash-based signature scheme: large and slow, and as strong as its hash functions.
public enum SLHDSA {
    /// The parameter sets of FIPS 205 Table 2. The small ones sign slowly, the fast ones have larger signatures.
    public enum ParameterSet: String, Sendable, CaseIterable {
        case sha2With128s = "SLH-DSA-SHA2-128s"
        case sha2With128f = "SLH-DSA-SHA2-128f"
        case sha2With192s = "SLH-DSA-SHA2-192s"
        case sha2With192f = "SLH-DSA-SHA2-192f"
        case sha2With256s = "SLH-DSA-SHA2-256s"
        case sha2With256f = "SLH-DSA-SHA2-256f"
        case shakeWith128s = "SLH-DSA-SHAKE-128s"
        case shakeWith128f = "SLH-DSA-SHAKE-128f"
        case shakeWith192s = "SLH-DSA-SHAKE-192s"
        case shakeWith192f = "SLH-DSA-SHAKE-192f"
        case shakeWith256s = "SLH-DSA-SHAKE-256s"
        case shakeWith256f = "SLH-DSA-SHAKE-256f"

        /// The standard's name.
        public var name: String { rawValue }
        /// n: the size in bytes of a node, of each of the three seeds, and of the randomness of a signature.
        public var nodeSize: Int { publicKeySize / 2 }
        /// SK.seed, SK.prf and PK.seed, in bytes.
        public var seedSize: Int { 3 * nodeSize }
        /// In bytes.
        public var publicKeySize: Int { tk_slhdsa_public_key_bytes(code) }
        /// In bytes.
        public var signatureSize: Int { tk_slhdsa_signature_bytes(code) }
        /// The NIST category of strength.
        public var securityCategory: Int { nodeSize / 4 - 3 }

        var code: Int32 {
            let set =
                switch self {
                case .sha2With128s: TK_SLHDSA_SHA2_128S
                case .sha2With128f: TK_SLHDSA_SHA2_128F
                case .sha2With192s: TK_SLHDSA_SHA2_192S
                case .sha2With192f: TK_SLHDSA_SHA2_192F
                case .sha2With256s: TK_SLHDSA_SHA2_256S
                case .sha2With256f: TK_SLHDSA_SHA2_256F
                case .shakeWith128s: TK_SLHDSA_SHAKE_128S
                case .shakeWith128f: TK_SLHDSA_SHAKE_128F
                case .shakeWith192s: TK_SLHDSA_SHAKE_192S
                case .shakeWith192f: TK_SLHDSA_SHAKE_192F
                case .shakeWith256s: TK_SLHDSA_SHAKE_256S
                case .shakeWith256f: TK_SLHDSA_SHAKE_256F
                }
            return Int32(set.rawValue)
        }
    }

    /// What stands before the message in what is signed (FIPS 205 §10.2).
    public enum Interface: Sendable {
        /// The pure scheme, with a context of at most 255 bytes.
        case pure(context: [UInt8])
        /// HashSLH-DSA: the message is a digest, of the hash function whose identifier 2.16.840.1.101.3.4.2.x ends in `function`: 1 is
        /// SHA-256, 2 SHA-384, 3 SHA-512, to 12, which is SHAKE256.
        case prehashed(function: Int, context: [UInt8])
        /// Nothing: the internal functions, for published vectors.
        case bare

        /// The bytes; nil if the context is too long or there is no such hash function.
        var prefix: [UInt8]? {
            switch self {
            case .pure(let context): Self.prefix(context, 0)
            case .prehashed(let function, let context): (1...12).contains(function) ? Self.prefix(context, Int32(function)) : nil
            case .bare: []
            }
        }

        private static func prefix(_ context: [UInt8], _ function: Int32) -> [UInt8]? {
            let bytes = [UInt8](unsafeUninitializedCapacity: 2 + 255 + 11) { buffer, count in
                count = tk_slhdsa_prefix(buffer.baseAddress, context, context.count, function)
            }
            return bytes.isEmpty ? nil : bytes
        }
    }

    /// A private key.
    public struct PrivateKey: Sendable {
        public let parameters: ParameterSet
        /// The encoded public key: PK.seed and PK.root.
        public let publicKey: [UInt8]
        /// SK.seed, SK.prf, PK.seed.
        public let seed: SecretBytes
        /// The seeds and PK.root: what signing takes.
        private let encoded: SecretBytes

        /// The key of three seeds (slh_keygen_internal, §9.1). Computes a tree, which takes a while for the small sets.
        ///
        /// - Throws: `CryptoError.wrongSize`.
        public init(_ parameters: ParameterSet, seed: SecretBytes) throws {
            guard seed.count == parameters.seedSize else {
                throw CryptoError.wrongSize(of: "the seed of \(parameters.name)", expected: parameters.seedSize, actual: seed.count)
            }
            var publicKey = [UInt8](repeating: 0, count: parameters.publicKeySize)
            encoded = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4 * parameters.nodeSize) { secret in
                seed.withBytes { seed in
                    _ = tk_slhdsa_keygen(
                        parameters.code, &publicKey, secret.baseAddress, seed.baseAddress?.assumingMemoryBound(to: UInt8.self))
                }
                defer { tk_zero(secret.baseAddress, secret.count) }
                return SecretBytes(UnsafeRawBufferPointer(secret))
            }
            self.parameters = parameters
            self.seed = seed
            self.publicKey = publicKey
        }

        /// Signs a message.
        ///
        /// - Parameter randomness: n bytes; none for the deterministic variant (§9.2), where one message always has one signature.
        /// - Throws: `CryptoError.parametersRefused` for a context too long or an unknown hash function; `wrongSize`.
        public func signature(for message: [UInt8], _ interface: Interface, randomness: [UInt8]?) throws -> [UInt8] {
            guard let prefix = interface.prefix else {
                throw CryptoError.parametersRefused("\(parameters.name) takes a context of at most 255 bytes, and hash functions 1 to 12")
            }
            if let randomness, randomness.count != parameters.nodeSize {
                throw CryptoError.wrongSize(
                    of: "the randomness of \(parameters.name)", expected: parameters.nodeSize, actual: randomness.count)
            }
            let size = parameters.signatureSize
            return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                encoded.withBytes { secret in
                    let secret = secret.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    _ = tk_slhdsa_sign(
                        parameters.code, buffer.baseAddress, secret, prefix, prefix.count, message, message.count, randomness)
                }
                count = size
            }
        }

        /// Signs a message with fresh randomness, so that a fault in one of two computations gives nothing away.
        public func hedgedSignature(for message: [UInt8], _ interface: Interface) throws -> [UInt8] {
            try signature(
                for: message, interface, randomness: SystemRandom.bytes(parameters.nodeSize))
        }
    }

    /// Whether a signature is valid. Anything malformed is just not valid.
    public static func isValid(
        _ signature: [UInt8], for message: [UInt8], _ interface: Interface, publicKey: [UInt8], _ parameters: ParameterSet
    ) -> Bool {
        guard publicKey.count == parameters.publicKeySize, let prefix = interface.prefix else { return false }
        return tk_slhdsa_verify(
            parameters.code, signature, signature.count, publicKey, prefix, prefix.count, message, message.count) == 0
    }
}
