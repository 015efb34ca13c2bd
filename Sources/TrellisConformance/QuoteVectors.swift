// Vectors of TPM quotes: an event log, a register, a nonce and the quote, in the shape of Scripts/make-tpm-vectors.py. "expected" is "valid",
// or what a verifier must find wrong first.

import TrellisAudit
import TrellisCrypto

enum QuoteVectors {
    /// What is found, by the names that vectors have for it.
    private enum Finding: String {
        case valid
        case badSignature = "bad-signature"
        case badNonce = "bad-nonce"
        case badStructure = "bad-structure"
        case badEvent = "event-digest-mismatch"
        case badRegisters = "pcr-digest-mismatch"
        case otherRegisters = "pcr-selection-mismatch"
    }

    static func run(_ vector: CryptoVectorCase) throws -> VectorOutcome {
        let test = vector.test
        guard let expected = vector.text("expected") else { throw VectorError(description: "\"expected\" is missing") }
        let found = try finding(test)
        // Of faults that nothing here has a name for, it is enough that they are found.
        let isNamed = Finding(rawValue: expected) != nil
        let agrees = found.rawValue == expected || (!isNamed && found != .valid)
        return agrees ? .agrees : .differs(expected: expected, actual: found.rawValue)
    }

    private static func finding(_ test: CryptoVector) throws -> Finding {
        guard let pem = test.text("akPublicPem"), let key = try? DeviceKey(pem: pem) else { return .badSignature }
        guard let hash = test.text("sigHash").flatMap(TPMHash.init(name:)), let bank = test.text("bank").flatMap(TPMHash.init(name:)),
            let function = bank.function
        else { throw VectorError(description: "\"sigHash\" or \"bank\" is no hash that quotes are made with") }
        let registers = try test.integers("pcrSelection")
        guard let signature = try signature(test, key) else { return .badSignature }
        let quote = TPMQuote(attest: try test.hex("quoteMessage"), signature: TPMSignature(hash: hash, signature: signature))
        var values = TPMQuote.Values(uniqueKeysWithValues: Set(registers).map { ($0, [UInt8](repeating: 0, count: bank.digestSize)) })
        var isEventWrong = false
        for event in try test.objects("eventLog") {
            let (register, digest) = (try event.integer("pcr"), try event.hex(bank.name ?? ""))
            guard let text = event.text("event"), let value = values[register] else {
                throw VectorError(description: "an event of no register")
            }
            if digest != function.digest(Array(text.utf8)) { isEventWrong = true }
            values[register] = TPMQuote.extended(value, by: digest, bank: function)
        }
        let nonce = try test.hex("nonce")
        do throws(TPMQuoteError) {
            _ = try quote.verify(key: key, nonce: nonce, values: [bank: values])
        } catch {
            switch error {
            case .badSignature: return .badSignature
            case .badStructure: return .badStructure
            case .badNonce: return .badNonce
            case .otherRegisters: return .otherRegisters
            case .registersDiffer: return isEventWrong ? .badEvent : .badRegisters
            }
        }
        if isEventWrong { return .badEvent }
        if test.has("pcr11"), let value = values[11], value != (try test.hex("pcr11")) { return .badRegisters }
        return .valid
    }

    /// The signature; nil if it is none for the key.
    private static func signature(_ test: CryptoVector, _ key: DeviceKey) throws -> DeviceSignature? {
        let bytes = try test.hex("signatureDer")
        return switch test.text("sigScheme") {
        case "rsassa": .rsaPKCS1(bytes)
        case "rsapss": .rsaPSS(bytes)
        default: DeviceSignature(der: bytes, for: key)
        }
    }
}
