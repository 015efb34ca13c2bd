// Every parser of TrellisCrypto that reads what others wrote: keys, signatures, ciphertexts, envelopes, certificates, key files. The first
// byte of an input chooses the parser, the rest is what it reads. Nothing may trap, and nothing invented may be accepted.

@testable import TrellisCrypto

private let message: [UInt8] = [1, 2, 3]
private let schemes = SignatureScheme.all.filter { $0.family != .hash }
private let verifiers = schemes.compactMap { scheme in
    (try? scheme.generate()).flatMap { try? scheme.verifyingKey($0.publicKey) }
}
private let recipient = try? CompositeKEM.PrivateKey.generate()
private let context = EnvelopeContext(purpose: .genesis)
private let kems = MLKEM.ParameterSet.allCases

/// Repeats or cuts the bytes to a size, so that what follows the check of a length is reached.
private func fitted(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
    guard !bytes.isEmpty else { return [UInt8](repeating: 0, count: size) }
    return (0..<size).map { bytes[$0 % bytes.count] }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    switch choice % 9 {
    case 0:
        for verifier in verifiers { require(!verifier.isValid(bytes, for: message, context: .block), "an invented signature is valid") }
    case 1:
        for (scheme, verifier) in zip(schemes, verifiers) {
            require(!verifier.isValid(fitted(bytes, scheme.signatureSize), for: message, context: .block), "an invented signature is valid")
        }
    case 2:
        for scheme in schemes {
            _ = try? scheme.verifyingKey(bytes)
            _ = try? scheme.verifyingKey(fitted(bytes, scheme.publicKeySize))
            _ = try? scheme.signingKey(seed: SecretBytes(fitted(bytes, scheme.seedSize)))
        }
    case 3:
        for kem in kems {
            _ = try? MLKEM.encapsulate(to: fitted(bytes, kem.publicKeySize), kem)
            _ = try? MLKEM.PrivateKey(expanded: SecretBytes(fitted(bytes, kem.privateKeySize)), kem)
        }
        _ = try? CompositeKEM.encapsulate(to: fitted(bytes, CompositeKEM.publicKeySize))
        _ = try? XWing.encapsulate(to: fitted(bytes, XWing.publicKeySize))
    case 4:
        _ = try? recipient?.decapsulate(fitted(bytes, CompositeKEM.ciphertextSize))
        _ = try? CompositeKEM.PrivateKey(serialized: SecretBytes(fitted(bytes, CompositeKEM.privateKeySize)))
    case 5:
        _ = try? Envelope.recipients(of: bytes)
        if let recipient { require((try? Envelope.open(bytes, with: recipient, context: context)) == nil, "an invented envelope opens") }
    case 6:
        _ = try? MerkleBatchProof(encoded: bytes)
        _ = try? CompactCertificate(encoded: bytes)
    case 7:
        _ = try? KeyFile.summary(of: bytes)
        if let succession = try? KeySuccession(encoded: bytes) { require(!succession.isValid, "an invented succession is valid") }
    default:
        _ = try? SecretBytes(bytes).slice(0..<3)
        _ = Hex.decode(String(decoding: bytes, as: UTF8.self))
        _ = Digest(bytes)
    }
    return 0
}
