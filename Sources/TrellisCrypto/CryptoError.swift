// What can go wrong here, with the facts a person needs and never a byte of a key or a plaintext.

/// The errors of this module.
public enum CryptoError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Something has the wrong number of bytes.
    case wrongSize(of: String, expected: Int, actual: Int)
    /// A public key is not one: not in range, or not on the curve.
    case invalidPublicKey(scheme: String)
    /// A private key or a seed is not one.
    case invalidPrivateKey(scheme: String)
    /// The library could not make a signature.
    case signingFailed(scheme: String)
    /// A KEM ciphertext was refused: its elliptic-curve point is invalid.
    case invalidCiphertext(scheme: String)
    /// The ciphertext, its nonce or its associated data is not what was sealed.
    case authenticationFailed
    /// Parameters of a key derivation are outside the bounds we accept.
    case parametersRefused(String)
    /// A key file is not in the form we write.
    case malformedKeyFile(String)
    /// The passphrase does not fit the key file.
    case wrongPassphrase
    /// The passphrase fits, but something else in the key file was changed after it was written.
    case keyFileAltered
    /// There is nothing to sign in a batch, or too much.
    case batchRefused(String)
    /// Bytes are not the proof of a message in a batch.
    case malformedBatchProof(String)
    /// A statement of succession is not in the form we write.
    case malformedSuccession(String)
    /// An algorithm gives wrong answers on this machine: nothing may be signed or verified.
    case selfTestFailed(String)

    public var description: String {
        switch self {
        case .wrongSize(let what, let expected, let actual):
            "\(what) must have \(expected) bytes, not \(actual)"
        case .invalidPublicKey(let scheme):
            "this is not a valid \(scheme) public key"
        case .invalidPrivateKey(let scheme):
            "this is not a valid \(scheme) private key"
        case .signingFailed(let scheme):
            "signing with \(scheme) failed"
        case .invalidCiphertext(let scheme):
            "this is not a valid \(scheme) ciphertext"
        case .authenticationFailed:
            "authentication failed: the ciphertext, its nonce or its associated data was changed, or the key is another"
        case .parametersRefused(let reason):
            "key derivation parameters refused: \(reason)"
        case .malformedKeyFile(let reason):
            "malformed key file: \(reason)"
        case .wrongPassphrase:
            "wrong passphrase (or the file's key derivation parameters were changed)"
        case .selfTestFailed(let algorithm):
            "self-test failed: \(algorithm) gives wrong answers on this machine"
        case .keyFileAltered:
            "the passphrase is right, but the key file was changed after it was written"
        case .batchRefused(let reason):
            "a batch cannot be signed: \(reason)"
        case .malformedBatchProof(let reason):
            "malformed batch proof: \(reason)"
        case .malformedSuccession(let reason):
            "malformed key succession: \(reason)"
        }
    }
}
