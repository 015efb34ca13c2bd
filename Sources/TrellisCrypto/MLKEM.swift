// ML-KEM (FIPS 203): parameter sets and keys, on the kernels or on the library, as was chosen when the key was made.

internal import CTrellisKernels

/// ML-KEM.
public enum MLKEM {
    /// The parameter sets of FIPS 203 §8 that we use.
    public enum ParameterSet: Int, Sendable, CaseIterable {
        case mlKEM768 = 768
        case mlKEM1024 = 1024

        /// The standard's name: "ML-KEM-768".
        public var name: String { "ML-KEM-\(rawValue)" }
        /// In bytes.
        public var publicKeySize: Int { tk_mlkem_public_key_bytes(code) }
        /// Of FIPS 203's expanded private key, in bytes.
        public var privateKeySize: Int { tk_mlkem_private_key_bytes(code) }
        /// In bytes.
        public var ciphertextSize: Int { tk_mlkem_ciphertext_bytes(code) }
        /// The NIST category of strength.
        public var securityCategory: Int { self == .mlKEM768 ? 3 : 5 }

        var code: Int32 { Int32((self == .mlKEM768 ? TK_MLKEM_768 : TK_MLKEM_1024).rawValue) }
    }

    /// d and z of Algorithm 16, in bytes: the smallest form of a private key.
    public static let seedSize = 64
    /// In bytes.
    public static let sharedSecretSize = 32

    /// A private key, expanded once. Zeroed when the last reference goes.
    public struct PrivateKey: Sendable {
        public let parameters: ParameterSet
        /// The encoded public key.
        public let publicKey: [UInt8]
        private let form: Form

        private enum Form {
            case native(AlignedBuffer)
            case portable(PortableKEM.PrivateKey)
        }

        /// The key of a seed, d ‖ z (ML-KEM.KeyGen_internal).
        ///
        /// - Throws: `CryptoError.wrongSize` unless the seed has 64 bytes.
        public init(seed: SecretBytes, _ parameters: ParameterSet, _ implementation: CryptoImplementation = .current) throws {
            guard seed.count == seedSize else {
                throw CryptoError.wrongSize(of: "the seed of \(parameters.name)", expected: seedSize, actual: seed.count)
            }
            self.parameters = parameters
            switch implementation {
            case .native:
                let object = AlignedBuffer(count: tk_mlkem_private_object_bytes(parameters.code))
                let code = seed.withBytes { tk_mlkem_private_from_seed(parameters.code, OpaquePointer(object.address), $0.baseAddress) }
                guard code == 0 else { throw CryptoError.invalidPrivateKey(scheme: parameters.name) }
                form = .native(object)
                publicKey = Self.publicKey(of: object, parameters)
            case .portable:
                let key = try PortableKEM.PrivateKey(seed: seed, parameters)
                form = .portable(key)
                publicKey = key.publicKey
            }
        }

        /// The key of FIPS 203's expanded encoding, checked as §7.3 says. Only the kernels take it.
        ///
        /// - Throws: `CryptoError.wrongSize`, `invalidPrivateKey`.
        public init(expanded: SecretBytes, _ parameters: ParameterSet) throws {
            let size = parameters.privateKeySize
            guard expanded.count == size else {
                throw CryptoError.wrongSize(of: "the private key of \(parameters.name)", expected: size, actual: expanded.count)
            }
            let object = AlignedBuffer(count: tk_mlkem_private_object_bytes(parameters.code))
            guard expanded.withBytes({ tk_mlkem_private_expand(parameters.code, OpaquePointer(object.address), $0.baseAddress) }) == 0
            else {
                throw CryptoError.invalidPrivateKey(scheme: parameters.name)
            }
            self.parameters = parameters
            form = .native(object)
            publicKey = Self.publicKey(of: object, parameters)
        }

        /// A new random key.
        public static func generate(_ parameters: ParameterSet, _ implementation: CryptoImplementation = .current) throws -> PrivateKey {
            try PrivateKey(seed: SecretBytes(random: seedSize), parameters, implementation)
        }

        /// The shared secret in a ciphertext: 32 bytes. One that was not made for this key gives another secret, not an error.
        ///
        /// - Throws: `CryptoError.wrongSize`.
        public func decapsulate(_ ciphertext: [UInt8]) throws -> SecretBytes {
            guard ciphertext.count == parameters.ciphertextSize else {
                throw CryptoError.wrongSize(
                    of: "the ciphertext of \(parameters.name)", expected: parameters.ciphertextSize, actual: ciphertext.count)
            }
            switch form {
            case .native(let object):
                return object.withAddress { address in
                    SecretBytes(sharedSecretSize) { tk_mlkem_private_decapsulate(OpaquePointer(address), $0, ciphertext) }
                }
            case .portable(let key):
                return try key.decapsulate(ciphertext)
            }
        }

        private static func publicKey(of object: AlignedBuffer, _ parameters: ParameterSet) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: parameters.publicKeySize) { buffer, count in
                object.withAddress { tk_mlkem_object_public_key(OpaquePointer($0), buffer.baseAddress) }
                count = parameters.publicKeySize
            }
        }
    }

    /// A shared secret for the holder of a public key, and the ciphertext that tells it.
    ///
    /// - Parameter message: The 32 random bytes of Algorithm 17, for published vectors; fresh ones by default. The library takes none.
    /// - Throws: `CryptoError.wrongSize`, `invalidPublicKey` (the modulus check of §7.2).
    public static func encapsulate(
        to publicKey: [UInt8], _ parameters: ParameterSet, message: SecretBytes? = nil, _ implementation: CryptoImplementation = .current
    ) throws -> (ciphertext: [UInt8], sharedSecret: SecretBytes) {
        guard publicKey.count == parameters.publicKeySize else {
            throw CryptoError.wrongSize(
                of: "the public key of \(parameters.name)", expected: parameters.publicKeySize, actual: publicKey.count)
        }
        if implementation == .portable, message == nil { return try PortableKEM.encapsulate(to: publicKey, parameters) }
        let message = message ?? SecretBytes(random: messageSize)
        guard message.count == messageSize else {
            throw CryptoError.wrongSize(of: "the randomness of \(parameters.name)", expected: messageSize, actual: message.count)
        }
        var code: Int32 = 0
        var ciphertext = [UInt8](repeating: 0, count: parameters.ciphertextSize)
        let secret = SecretBytes(sharedSecretSize) { secret in
            code = message.withBytes { tk_mlkem_encapsulate(parameters.code, &ciphertext, secret, publicKey, $0.baseAddress) }
        }
        guard code == 0 else { throw CryptoError.invalidPublicKey(scheme: parameters.name) }
        return (ciphertext, secret)
    }

    private static let messageSize = 32
}

extension SecretBytes {
    /// `count` bytes that a kernel writes.
    convenience init(_ count: Int, _ write: (UnsafeMutablePointer<UInt8>?) -> Void) {
        self.init(copying: count) { storage in
            _ = storage.initializeMemory(as: UInt8.self, repeating: 0)
            write(storage.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
    }
}
