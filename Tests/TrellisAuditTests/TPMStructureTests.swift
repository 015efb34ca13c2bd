// A TPM's structures read strictly: what is whole, what is not, and published quotes.

import Foundation
import Testing
import TrellisAudit
import TrellisConformance
import TrellisCrypto

@Suite struct TPMStructureTests {
    private let nonce: [UInt8] = Array(0..<32)

    @Test func aQuoteIsReadInFull() throws {
        let tpm = try SoftTPM()
        let read = try TPMAttestation(bytes: tpm.attest(nonce: nonce))
        #expect(read.extraData == nonce && read.resets == 1 && read.isClockSafe && read.clock == 12_345)
        #expect(read.selections == [.init(bank: .sha256, registers: [11])])
        #expect(read.registersDigest == HashSuite.sha384.hash(tpm.register.bytes).bytes)
        let several = try TPMAttestation(bytes: tpm.attest(nonce: nonce, selection: [1, 8, 128]))
        #expect(several.selections == [.init(bank: .sha256, registers: [0, 11, 23])])
    }

    @Test func everyWrongPartIsRefused() throws {
        let tpm = try SoftTPM()
        let whole = tpm.attest(nonce: nonce)
        let wrong = [
            tpm.attest(nonce: nonce, magic: 0xFF54_4348), tpm.attest(nonce: nonce, type: 0x8017), tpm.attest(nonce: nonce, safe: 2),
            tpm.attest(nonce: nonce, banks: 2), tpm.attest(nonce: nonce, banks: 0), tpm.attest(nonce: nonce, banks: .max),
            tpm.attest(nonce: [UInt8](repeating: 0, count: 67)), tpm.attest(nonce: nonce, trailing: [0]),
            tpm.attest(nonce: nonce, selection: [UInt8](repeating: 0, count: 33)), [],
        ]
        for bytes in wrong { #expect(throws: TPMStructureError.self) { try TPMAttestation(bytes: bytes) } }
        for count in 0..<whole.count { #expect(throws: TPMStructureError.self) { try TPMAttestation(bytes: Array(whole.prefix(count))) } }
    }

    @Test func signaturesAreReadStrictly() throws {
        let tpm = try SoftTPM()
        let whole = try tpm.sign([1, 2, 3])
        #expect(try TPMSignature(bytes: whole).hash == .sha384)
        for count in 0..<whole.count { #expect(throws: TPMStructureError.self) { try TPMSignature(bytes: Array(whole.prefix(count))) } }
        for bytes in [whole + [0], [0x00, 0x05] + whole.dropFirst(2), [0x00, 0x18, 0x00, 0x99] + whole.dropFirst(4)] {
            #expect(throws: TPMStructureError.self) { try TPMSignature(bytes: bytes) }
        }
    }

    @Test func onlyTheSelectedRegisterWithItsValueHolds() throws {
        let tpm = try SoftTPM()
        func verify(_ attest: [UInt8], _ values: [TPMHash: TPMQuote.Values]) throws {
            let quote = TPMQuote(attest: attest, signature: try TPMSignature(bytes: try tpm.sign(attest)))
            _ = try quote.verify(key: try tpm.publicKey, nonce: nonce, values: values)
        }
        let value = tpm.register.bytes
        try verify(tpm.attest(nonce: nonce), [.sha256: [11: value]])
        for values: [TPMHash: TPMQuote.Values] in [[.sha384: [11: value]], [.sha256: [12: value]], [.sha256: [11: value, 12: value]], [:]] {
            #expect(throws: TPMQuoteError.otherRegisters([.init(bank: .sha256, registers: [11])])) {
                try verify(tpm.attest(nonce: nonce), values)
            }
        }
        #expect(throws: TPMQuoteError.otherRegisters([.init(bank: .sha256, registers: [])])) {
            try verify(tpm.attest(nonce: nonce, selection: [0, 0, 0]), [.sha256: [11: value]])
        }
        #expect(throws: TPMQuoteError.registersDiffer) {
            try verify(tpm.attest(nonce: nonce), [.sha256: [11: [UInt8](repeating: 1, count: 32)]])
        }
    }

    @Test func keysAreReadInTheirOneForm() throws {
        let key = try SoftTPM().publicKey
        #expect(try DeviceKey(pem: key.pem) == key)
        #expect(try DeviceKey(der: key.der) == key)
        for pem in [
            "", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", key.pem.replacing("PUBLIC", with: "PRIVATE"), key.pem + "x",
        ] {
            #expect(throws: CryptoError.self) { try DeviceKey(pem: pem) }
        }
        #expect(throws: CryptoError.self) { try DeviceKey(der: key.der + [0]) }
        #expect(throws: CryptoError.self) { try DeviceKey(der: Array(key.der.dropLast())) }
        #expect(throws: CryptoError.self) { try DeviceKey(x: [1], y: [2]) }
    }

    @Test func ourVectorsAgree() throws {
        let vectors = try #require(Bundle.module.url(forResource: "Vectors", withExtension: nil))
        let report = try CryptoConformance.run(directory: vectors.path)
        #expect(report.lines == [])
        #expect(report.skippedNames == [])
        #expect(report.passed == 11)
    }

    @Test func aVerdictTurnedRoundIsNoticed() throws {
        let vectors = try #require(Bundle.module.url(forResource: "Vectors", withExtension: nil))
        let text = try String(contentsOf: vectors.appendingPathComponent("tpm_quote.json"), encoding: .utf8)
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("quotes-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let turned = text.replacing("\"expected\":\"valid\"", with: "\"expected\":\"bad-nonce\"")
            .replacing("\"expected\":\"bad-signature\"", with: "\"expected\":\"valid\"")
        try Data(turned.utf8).write(to: directory.appendingPathComponent("turned.json"))
        #expect(try CryptoConformance.run(directory: directory.path).failed == 6)
    }
}
