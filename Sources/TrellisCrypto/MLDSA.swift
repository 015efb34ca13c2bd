// ML-DSA (FIPS 204) on the kernels: parameter sets, keys expanded once, signing and verifying as the standard's external interface has them.
// The other interfaces (external mu, pre-hash, internal) are in MLDSA+Interfaces.swift, many signatures at once in MLDSA+Batch.swift.

internal import CTrellisKernels

/// ML-DSA.
public enum MLDSA {
    /// The parameter sets of FIPS 204 §4.
    public enum ParameterSet: Int, Sendable, CaseIterable {
        case mlDSA44 = 44
        case mlDSA65 = 65
        case mlDSA87 = 87

        /// The standard's name: "ML-DSA-65".
        public var name: String { "ML-DSA-\(rawValue)" }
        /// In bytes.
        public var publicKeySize: Int { tk_mldsa_public_key_size(code) }
        /// In bytes, as FIPS 204 Algorithm 24 encodes it.
        public var privateKeySize: Int { tk_mldsa_private_key_size(code) }
        /// In bytes.
        public var signatureSize: Int { tk_mldsa_signature_size(code) }
        /// The NIST category of strength.
        public var securityCategory: Int {
            switch self {
            case .mlDSA44: 2
            case .mlDSA65: 3
            case .mlDSA87: 5
            }
        }

        var code: Int32 { Int32(rawValue) }
    }

    /// The length of a seed, in bytes.
    public static let seedSize = 32
    /// The longest context string, in bytes.
    public static let contextSizeMaximum = 255

    /// Where the randomness of a signature comes from (FIPS 204 §3.4).
    public enum Randomness: Sendable {
        /// Fresh from the system: the default, and what guards against faults.
        case hedged
        /// None: the same message gives the same signature.
        case deterministic
        /// 32 bytes given by the caller, for tests and published vectors.
        case given([UInt8])

        /// 32 bytes; nil if the caller gave another number.
        var bytes: [UInt8]? {
            switch self {
            case .hedged: SystemRandom.bytes(32)
            case .deterministic: [UInt8](repeating: 0, count: 32)
            case .given(let bytes): bytes.count == 32 ? bytes : nil
            }
        }
    }

    /// A private key, expanded once: with its matrix, ready to sign. Zeroed when the last reference goes.
    public final class PrivateKey: Sendable {
        public let parameters: ParameterSet
        /// The encoded public key.
        public let publicKey: [UInt8]
        let expanded: AlignedBuffer

        /// The key of a seed (ML-DSA.KeyGen_internal).
        ///
        /// - Throws: `CryptoError.wrongSize` unless the seed has 32 bytes.
        public init(seed: SecretBytes, _ parameters: ParameterSet) throws {
            guard seed.count == seedSize else {
                throw CryptoError.wrongSize(of: "the seed of \(parameters.name)", expected: seedSize, actual: seed.count)
            }
            let expanded = AlignedBuffer(count: tk_mldsa_signing_key_size(parameters.code))
            var code: Int32 = 0
            publicKey = Self.bytes(parameters.publicKeySize) { publicKey in
                seed.withBytes { code = tk_mldsa_signing_key_from_seed(parameters.code, $0.baseAddress, expanded.address, publicKey) }
            }
            guard code == 0 else { throw CryptoError.invalidPrivateKey(scheme: parameters.name) }
            self.parameters = parameters
            self.expanded = expanded
        }

        /// The key of FIPS 204's encoding of a private key (Algorithm 25), whose parts must belong together.
        ///
        /// - Throws: `CryptoError.wrongSize`, `invalidPrivateKey`.
        public init(encoded: SecretBytes, _ parameters: ParameterSet) throws {
            let size = parameters.privateKeySize
            guard encoded.count == size else {
                throw CryptoError.wrongSize(of: "the private key of \(parameters.name)", expected: size, actual: encoded.count)
            }
            let expanded = AlignedBuffer(count: tk_mldsa_signing_key_size(parameters.code))
            var code: Int32 = 0
            publicKey = Self.bytes(parameters.publicKeySize) { publicKey in
                encoded.withBytes {
                    code = tk_mldsa_signing_key_from_private_key(
                        parameters.code, $0.baseAddress, $0.count, expanded.address, publicKey)
                }
            }
            guard code == 0 else { throw CryptoError.invalidPrivateKey(scheme: parameters.name) }
            self.parameters = parameters
            self.expanded = expanded
        }

        /// Signs a message under a context string of at most 255 bytes (ML-DSA.Sign, Algorithm 2).
        ///
        /// - Throws: `CryptoError.parametersRefused` for a longer context or randomness of another length than 32.
        public func sign(_ message: [UInt8], context: [UInt8] = [], randomness: Randomness = .hedged) throws -> [UInt8] {
            try sign(mu: try mu(message, context: context), randomness: randomness)
        }

        /// Signs a message representative made elsewhere ("external mu").
        ///
        /// - Throws: `CryptoError.parametersRefused` for randomness of another length than 32.
        public func sign(mu: Mu, randomness: Randomness = .hedged) throws -> [UInt8] {
            guard let random = randomness.bytes else { throw CryptoError.parametersRefused("ML-DSA takes 32 random bytes") }
            var code: Int32 = 0
            let signature = Self.bytes(parameters.signatureSize) { signature in
                code = expanded.withAddress { tk_mldsa_sign($0, mu.bytes, random, signature) }
            }
            guard code == 0 else { throw CryptoError.signingFailed(scheme: parameters.name) }
            return signature
        }

        private static func bytes(_ count: Int, _ fill: (UnsafeMutablePointer<UInt8>?) -> Void) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                buffer.initialize(repeating: 0)
                fill(buffer.baseAddress)
                initialized = count
            }
        }
    }

    /// FIPS 204's encoding of the private key of a seed (Algorithm 24). Nothing of ours stores one: the seed is the whole of a key.
    ///
    /// - Throws: `CryptoError.wrongSize` unless the seed has 32 bytes.
    package static func encodedPrivateKey(seed: SecretBytes, _ parameters: ParameterSet) throws -> SecretBytes {
        guard seed.count == seedSize else {
            throw CryptoError.wrongSize(of: "the seed of \(parameters.name)", expected: seedSize, actual: seed.count)
        }
        var publicKey = [UInt8](repeating: 0, count: parameters.publicKeySize)
        var privateKey = [UInt8](repeating: 0, count: parameters.privateKeySize)
        defer { privateKey.withUnsafeMutableBytes { tk_zero($0.baseAddress, $0.count) } }
        guard seed.withBytes({ tk_mldsa_generate(parameters.code, $0.baseAddress, &publicKey, &privateKey) }) == 0 else {
            throw CryptoError.invalidPrivateKey(scheme: parameters.name)
        }
        return SecretBytes(privateKey)
    }

    /// A public key, expanded once: with its matrix, ready to check any number of signatures.
    public final class PublicKey: Sendable {
        public let parameters: ParameterSet
        /// The encoded key.
        public let bytes: [UInt8]
        let expanded: AlignedBuffer

        /// Every string of the right length is a public key.
        ///
        /// - Throws: `CryptoError.wrongSize`.
        public init(_ bytes: [UInt8], _ parameters: ParameterSet) throws {
            guard bytes.count == parameters.publicKeySize else {
                throw CryptoError.wrongSize(
                    of: "the public key of \(parameters.name)", expected: parameters.publicKeySize, actual: bytes.count)
            }
            let expanded = AlignedBuffer(count: tk_mldsa_verifying_key_size(parameters.code))
            guard tk_mldsa_verifying_key(parameters.code, bytes, bytes.count, expanded.address) == 0 else {
                throw CryptoError.invalidPublicKey(scheme: parameters.name)
            }
            self.parameters = parameters
            self.bytes = bytes
            self.expanded = expanded
        }

        /// Whether `signature` is valid for a message and context (ML-DSA.Verify, Algorithm 3). Anything malformed is just not valid.
        public func isValid(_ signature: [UInt8], for message: [UInt8], context: [UInt8] = []) -> Bool {
            guard let mu = try? mu(message, context: context) else { return false }
            return isValid(signature, for: mu)
        }

        /// Whether `signature` is valid for a message representative made elsewhere.
        public func isValid(_ signature: [UInt8], for mu: Mu) -> Bool {
            expanded.withAddress { tk_mldsa_verify($0, mu.bytes, signature, signature.count) == 0 }
        }
    }
}

extension AlignedBuffer {
    /// Calls `body` with the hash of the public key, in an expanded private key.
    func withSigningTr<Result>(_ body: (UnsafePointer<UInt8>) throws -> Result) rethrows -> Result {
        try withAddress { try body(tk_mldsa_signing_key_tr($0)) }
    }

    /// Calls `body` with the hash of the public key, in an expanded public key.
    func withVerifyingTr<Result>(_ body: (UnsafePointer<UInt8>) throws -> Result) rethrows -> Result {
        try withAddress { try body(tk_mldsa_verifying_key_tr($0)) }
    }
}
