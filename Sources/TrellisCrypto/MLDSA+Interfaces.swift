// What ML-DSA really signs: mu, 64 bytes, and the ways in which FIPS 204 makes it of a message.

internal import CTrellisKernels

extension MLDSA {
    /// A message representative: the hash of the public key's hash, the context and the message.
    public struct Mu: Sendable, Equatable {
        /// 64 bytes.
        public let bytes: [UInt8]

        /// One that was made elsewhere; nil unless it has 64 bytes.
        public init?(_ bytes: [UInt8]) {
            guard bytes.count == TK_MLDSA_MU_SIZE else { return nil }
            self.bytes = bytes
        }

        /// H(tr ‖ 0 ‖ length of context ‖ context ‖ message), Algorithm 2.
        init(tr: UnsafePointer<UInt8>, context: [UInt8], message: [UInt8]) throws {
            try self.init { tk_mldsa_mu($0, tr, context, context.count, message, message.count) }
        }

        /// H(tr ‖ 1 ‖ length of context ‖ context ‖ OID ‖ digest), Algorithm 4.
        init(tr: UnsafePointer<UInt8>, context: [UInt8], identifier: [UInt8], digest: [UInt8]) throws {
            try self.init {
                tk_mldsa_mu_prehashed($0, tr, context, context.count, identifier, identifier.count, digest, digest.count)
            }
        }

        /// H(tr ‖ M'), Algorithm 7.
        init(tr: UnsafePointer<UInt8>, formatted: [UInt8]) throws {
            try self.init {
                tk_mldsa_mu_internal($0, tr, formatted, formatted.count)
                return 0
            }
        }

        private init(_ make: (UnsafeMutablePointer<UInt8>?) -> Int32) throws {
            var code: Int32 = 0
            bytes = [UInt8](unsafeUninitializedCapacity: 64) { buffer, initialized in
                buffer.initialize(repeating: 0)
                code = make(buffer.baseAddress)
                initialized = 64
            }
            guard code == 0 else { throw CryptoError.parametersRefused("a context has at most \(contextSizeMaximum) bytes") }
        }
    }
}

extension MLDSA.PrivateKey {
    /// The representative of a message for this key's public key.
    ///
    /// - Throws: `CryptoError.parametersRefused` for a context of more than 255 bytes.
    public func mu(_ message: [UInt8], context: [UInt8] = []) throws -> MLDSA.Mu {
        try expanded.withSigningTr { try MLDSA.Mu(tr: $0, context: context, message: message) }
    }

    /// The representative of a message's digest for HashML-DSA: `identifier` is the hash's object identifier in DER.
    package func mu(digest: [UInt8], identifier: [UInt8], context: [UInt8]) throws -> MLDSA.Mu {
        try expanded.withSigningTr { try MLDSA.Mu(tr: $0, context: context, identifier: identifier, digest: digest) }
    }

    /// The representative of M' as the internal interface takes it.
    package func mu(formatted: [UInt8]) throws -> MLDSA.Mu {
        try expanded.withSigningTr { try MLDSA.Mu(tr: $0, formatted: formatted) }
    }
}

extension MLDSA.PublicKey {
    /// The representative of a message for this key.
    ///
    /// - Throws: `CryptoError.parametersRefused` for a context of more than 255 bytes.
    public func mu(_ message: [UInt8], context: [UInt8] = []) throws -> MLDSA.Mu {
        try expanded.withVerifyingTr { try MLDSA.Mu(tr: $0, context: context, message: message) }
    }

    /// The representative of a message's digest for HashML-DSA: `identifier` is the hash's object identifier in DER.
    package func mu(digest: [UInt8], identifier: [UInt8], context: [UInt8]) throws -> MLDSA.Mu {
        try expanded.withVerifyingTr { try MLDSA.Mu(tr: $0, context: context, identifier: identifier, digest: digest) }
    }

    /// The representative of M' as the internal interface takes it.
    package func mu(formatted: [UInt8]) throws -> MLDSA.Mu {
        try expanded.withVerifyingTr { try MLDSA.Mu(tr: $0, formatted: formatted) }
    }
}
