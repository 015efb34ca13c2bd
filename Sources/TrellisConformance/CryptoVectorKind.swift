// Which kind of vector a file holds, told by its content rather than by its name.

import TrellisCrypto

/// One vector with what surrounds it.
struct CryptoVectorCase {
    let test: CryptoVector
    let group: CryptoVector
    let file: CryptoVector

    /// The text of a field in the test, its group or its file, whichever has it first.
    func text(_ name: String) -> String? {
        test.text(name) ?? group.text(name) ?? file.text(name)
    }
}

/// A kind of vector that this code can run.
enum CryptoVectorKind {
    case mldsa, mldsaExample, compositeSignature, ed25519, ecdsa, slhdsa, lms, xmss
    case mlkem, compositeKEM, xWing, ecdh, x25519
    case aesGCM, hkdf(String), hmacSHA3, sha3, shake
    case merkle
    case envelope, compactReveals, compactCoins
    case tpmQuote

    static func of(_ file: CryptoVector) -> CryptoVectorKind? {
        if let algorithm = file.text("algorithm") { return of(algorithm: algorithm.uppercased()) }
        if file.has("raw_to_be_signed"), file.has("raw_signature") { return .mldsaExample }
        guard let first = try? file.objects("tests").first else { return nil }
        if let hashBased = ofHashSignatures(file, first) { return hashBased }
        if first.identifier?.hasPrefix("id-MLKEM") == true, first.has("ek") { return .compositeKEM }
        if first.text("label")?.hasPrefix("COMPSIG-") == true { return .compositeSignature }
        if first.has("eseed"), first.has("pk"), first.has("ct") { return .xWing }
        if first.has("path"), first.text("type") == "inclusion" || first.text("type") == "consistency" { return .merkle }
        if first.has("exactReveals") { return .compactReveals }
        if first.has("coins"), first.has("seed") { return .compactCoins }
        if first.has("quoteMessage"), first.has("eventLog") { return .tpmQuote }
        return nil
    }

    /// Collections without an "algorithm": by parameter set, or by the fields of a test.
    private static func ofHashSignatures(_ file: CryptoVector, _ first: CryptoVector) -> CryptoVectorKind? {
        let names = [file.text("parameterSet"), first.text("parameterSet"), first.text("SphincsParameterSet"), first.text("Instance")]
        for name in names.compactMap({ $0 }) {
            if name.hasPrefix("SLH-DSA-") { return .slhdsa }
            if name.hasPrefix("LMS_") { return .lms }
            if name.hasPrefix("XMSS") { return .xmss }
        }
        if let name = first.text("Params"), name.contains("SHA2_") || name.contains("SHAKE") { return .xmss }
        if first.has("InvalidSignature") || first.has("HashSig") { return .lms }
        return first.has("PublicKey") && first.has("Msg") && first.has("Signature") ? .lms : nil
    }

    private static func of(algorithm: String) -> CryptoVectorKind? {
        switch algorithm {
        case "ML-DSA", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87": .mldsa
        case "SLH-DSA": .slhdsa
        case "LMS": .lms
        case "XMSS": .xmss
        case "EDDSA", "ED25519": .ed25519
        case "ECDSA": .ecdsa
        case "ML-KEM", "ML-KEM-512", "ML-KEM-768", "ML-KEM-1024": .mlkem
        case "ECDH": .ecdh
        case "XDH", "X25519": .x25519
        case "AES-GCM", "ACVP-AES-GCM": .aesGCM
        case "HKDF-SHA-256", "HKDF-SHA-384", "HKDF-SHA-512": .hkdf(algorithm)
        case "HMACSHA3-256": .hmacSHA3
        case "SHA3-256": .sha3
        case "SHAKE-128", "SHAKE-256": .shake
        case "TRELLIS/ENVELOPE/1": .envelope
        default: nil
        }
    }

    func run(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        switch self {
        case .mldsa: try CryptoMLDSAVectors.run(vector)
        case .mldsaExample: try CryptoMLDSAVectors.example(vector)
        case .compositeSignature: try CryptoCompositeVectors.signature(vector)
        case .slhdsa: try CryptoHashSignatureVectors.slhdsa(vector)
        case .lms: try CryptoStatefulVectors.lms(vector)
        case .xmss: try CryptoStatefulVectors.xmss(vector)
        case .ed25519: try CryptoSignatureVectors.ed25519(vector)
        case .ecdsa: try CryptoSignatureVectors.ecdsa(vector)
        case .mlkem: try CryptoKEMVectors.mlkem(vector)
        case .compositeKEM: try CryptoKEMVectors.composite(vector)
        case .xWing: try CryptoKEMVectors.xWing(vector)
        case .ecdh: try CryptoAgreementVectors.ecdh(vector)
        case .x25519: try CryptoAgreementVectors.x25519(vector)
        case .aesGCM: try CryptoSymmetricVectors.aesGCM(vector)
        case .hkdf(let name): try CryptoSymmetricVectors.hkdf(vector, name)
        case .hmacSHA3: try CryptoSymmetricVectors.hmacSHA3(vector)
        case .sha3: try CryptoSymmetricVectors.sha3(vector)
        case .shake: try CryptoSymmetricVectors.shake(vector)
        case .merkle: try CryptoMerkleVectors.proof(vector)
        case .envelope: try CryptoEnvelopeVectors.open(vector)
        case .compactReveals: try CryptoCompactVectors.reveals(vector)
        case .compactCoins: try CryptoCompactVectors.coins(vector)
        case .tpmQuote: try QuoteVectors.run(vector)
        }
    }
}
