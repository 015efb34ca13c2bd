// Key files: round trips, wrong passphrases, and every changed byte.

import Foundation
import Testing
import TrellisCrypto

@Suite struct KeyFileTests {
    private let passphrase = "correct horse battery staple"

    private func keyFile(_ chainID: Digest? = HashSuite.sha256.hash([1])) throws -> KeyFile {
        KeyFile(
            name: "validator-1", chainID: chainID,
            entries: [
                .init(role: "identity", key: try SignatureScheme.ed25519.generate()),
                .init(role: "seat", key: try SignatureScheme.ecdsaP384.generate()),
            ])
    }

    private func cheap() throws -> KeyDerivation.ScryptCost { try .init(rounds: 1024, blockSize: 1, parallelism: 1) }

    @Test func keysComeBack() throws {
        let file = KeyFile(
            name: "validator \"ä\" / 1", chainID: nil,
            entries: try SignatureScheme.all.map { .init(role: "role of \($0.name)", key: try $0.generate()) })
        let bytes = try file.sealed(passphrase: passphrase)
        let opened = try KeyFile(opening: bytes, passphrase: passphrase)
        #expect(opened.name == file.name)
        #expect(opened.chainID == nil)
        #expect(opened.entries.map(\.role) == file.entries.map(\.role))
        #expect(opened.entries.map(\.key.publicKey) == file.entries.map(\.key.publicKey))
        #expect(opened.entries.map(\.key.seed) == file.entries.map(\.key.seed))
        #expect(try KeyFile.open(bytes, passphrase: passphrase).count == file.entries.count)

        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\"format\" : \"trellis/keys/1\""))
        #expect(text.contains("\"chain_id\" : null"))
        #expect(text.contains("\"n\" : 32768"))
        for entry in file.entries {
            let seed = entry.key.seed.withBytes { Data($0) }
            #expect(!text.contains(seed.base64EncodedString()))
        }
    }

    @Test func theSummaryNeedsNoPassphrase() throws {
        let file = try keyFile()
        let summary = try KeyFile.summary(of: try file.sealed(passphrase: passphrase, cost: cheap()))
        #expect(summary.name == "validator-1")
        #expect(summary.chainID == HashSuite.sha256.hash([1]))
        #expect(summary.keys.map(\.role) == ["identity", "seat"])
        #expect(summary.keys.map(\.scheme) == [.ed25519, .ecdsaP384])
        #expect(summary.keys.map(\.publicKey) == file.entries.map(\.key.publicKey))
    }

    @Test func aWrongPassphraseIsSaidPlainly() throws {
        let bytes = try keyFile().sealed(passphrase: passphrase, cost: cheap())
        for wrong in ["", "correct horse battery stapl", passphrase + " ", passphrase.uppercased()] {
            #expect(throws: CryptoError.wrongPassphrase) { try KeyFile.open(bytes, passphrase: wrong) }
        }
    }

    @Test func everyChangedByteIsRefused() throws {
        let bytes = try keyFile().sealed(passphrase: passphrase, cost: cheap())
        for index in bytes.indices.dropLast() {
            for flip in [UInt8(0x01), 0x20] {
                var changed = bytes
                changed[index] ^= flip
                #expect(throws: CryptoError.self, "byte \(index)") { try KeyFile.open(changed, passphrase: passphrase) }
            }
        }
    }

    @Test func everyTruncationIsRefused() throws {
        let bytes = try keyFile().sealed(passphrase: passphrase, cost: cheap())
        for length in 0..<(bytes.count - 1) {
            #expect(throws: CryptoError.self) { try KeyFile.open(Array(bytes[..<length]), passphrase: passphrase) }
        }
        #expect(throws: CryptoError.self) { try KeyFile.open([UInt8](repeating: 0x20, count: KeyFile.maximumSize + 1), passphrase: "") }
    }

    @Test func costsBeyondTheBoundsAreRefusedBeforeTheyAreSpent() throws {
        let text = String(decoding: try keyFile().sealed(passphrase: passphrase, cost: cheap()), as: UTF8.self)
        for (field, value) in [
            ("\"n\" : 1024", "\"n\" : 1099511627776"), ("\"n\" : 1024", "\"n\" : 0"), ("\"n\" : 1024", "\"n\" : -1024"),
            ("\"n\" : 1024", "\"n\" : 9223372036854775807"), ("\"r\" : 1", "\"r\" : 1000000000"), ("\"p\" : 1", "\"p\" : 4000000000"),
        ] {
            let changed = text.replacing(field, with: value)
            #expect(changed != text)
            let error = #expect(throws: CryptoError.self) { try KeyFile.open(Array(changed.utf8), passphrase: passphrase) }
            guard case .parametersRefused = error else {
                Issue.record("\(value) gave \(String(describing: error))")
                continue
            }
        }
        let float = text.replacing("\"n\" : 1024", with: "\"n\" : 1e300")
        #expect(throws: CryptoError.self) { try KeyFile.open(Array(float.utf8), passphrase: passphrase) }
    }

    @Test func swappedKeysAreNoticed() throws {
        let text = String(decoding: try keyFile().sealed(passphrase: passphrase, cost: cheap()), as: UTF8.self)
        let swapped = text.replacing("identity", with: "consensus")
        #expect(throws: CryptoError.keyFileAltered) { try KeyFile.open(Array(swapped.utf8), passphrase: passphrase) }
        let cleared = text.replacing("\"\(HashSuite.sha256.hash([1]))\"", with: "null")
        #expect(throws: CryptoError.keyFileAltered) { try KeyFile.open(Array(cleared.utf8), passphrase: passphrase) }
    }
}
