// What is asked of a TPM, asked of a real one in software.

import Testing
import TrellisAudit
import TrellisCrypto
import TrellisTPM

extension SystemTests {
    @Suite(.enabled(if: SoftwareTPM.isInstalled, SoftwareTPM.hint)) struct TPMTests {
        @Test func aRegisterIsExtendedReadAndQuoted() async throws {
            try await withFolder { folder in
                let software = try await SoftwareTPM(in: folder)
                defer { software.kill() }
                let tpm = try TPM(tcti: software.tcti)
                var value = AuditReplay.zeros
                for text in ["a", "b", "c"] {
                    let digest = HashSuite.sha256.hash(Array(text.utf8))
                    try tpm.extend(11, by: digest)
                    value = AuditReplay.extended(value, by: digest)
                }
                #expect(try tpm.register(11) == value)
                #expect(try tpm.register(10) == AuditReplay.zeros)
                var keys: [DeviceKey] = []
                // More quotes than a TPM has room for keys: each is flushed.
                for count in [8, 20, 32, 64, 32] {
                    let nonce = [UInt8](repeating: UInt8(count), count: count)
                    let quote = try tpm.quote(11, nonce: nonce)
                    let signature = try TPMSignature(bytes: quote.signature)
                    let statement = try TPMQuote(attest: quote.attest, signature: signature)
                        .verify(key: quote.key, nonce: nonce, values: [.sha256: [11: value.bytes]])
                    #expect(try tpm.counts().resets == statement.resets)
                    keys.append(quote.key)
                }
                #expect(keys.allSatisfy { $0 == keys[0] && $0.algorithm == .p384 })
                #expect(throws: TPMError.self) { try tpm.quote(11, nonce: [UInt8](repeating: 0, count: 65)) }
                #expect(throws: TPMError.self) { try tpm.register(24) }
            }
        }

        @Test func aCounterGoesUpOnlyAndOutlivesTheTPM() async throws {
            try await withFolder { folder in
                let software = try await SoftwareTPM(in: folder)
                defer { software.kill() }
                var tpm: TPM? = try TPM(tcti: software.tcti)
                let index: UInt32 = 0x0180_7400
                #expect(try tpm?.value(of: index) == nil)
                let first = try #require(try tpm?.increment(index))
                #expect(try tpm?.increment(index) == first + 1)
                let counts = try #require(try tpm?.counts())
                tpm = nil
                software.kill()
                try await software.start()
                let again = try TPM(tcti: software.tcti)
                #expect(try again.value(of: index) == first + 1)
                #expect(try again.counts().resets == counts.resets + 1)
            }
        }

        @Test func aTPMThatVanishesIsLost() async throws {
            try await withFolder { folder in
                let software = try await SoftwareTPM(in: folder)
                defer { software.kill() }
                let tpm = try TPM(tcti: software.tcti)
                _ = try tpm.register(11)
                software.kill()
                for _ in 0..<2 {
                    let error = #expect(throws: TPMError.self) { try tpm.extend(11, by: AuditReplay.zeros) }
                    guard case .lost? = error else { return #expect(Bool(false), "\(String(describing: error))") }
                }
                #expect(throws: TPMError.self) { try TPM(tcti: software.tcti) }
                #expect(throws: TPMError.self) { try TPM(tcti: "nothing:at=all") }
            }
        }
    }
}
