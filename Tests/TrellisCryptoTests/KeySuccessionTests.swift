// Successions of keys, signed by old and new; and public keys in the form that other tools read.

import Foundation
import Testing

@testable import TrellisCrypto

@Suite struct KeySuccessionTests {
    private func keys(_ roles: [String], _ scheme: SignatureScheme, name: String = "anna", chain: Digest? = nil) throws -> KeyFile {
        KeyFile(name: name, chainID: chain, entries: try roles.map { .init(role: $0, key: try scheme.generate()) })
    }

    @Test func bothSidesSign() throws {
        let chain = HashSuite.sha256.hash([1])
        let old = try keys(["seat", "identity"], .ed25519, chain: chain)
        let new = try keys(["seat", "identity"], .mlDSA65, chain: chain)
        let statement = try KeySuccession(from: old, to: new)
        #expect(statement.isValid)
        let read = try KeySuccession(encoded: try statement.encoded())
        #expect(read == statement && read.isValid)
        #expect(read.steps.map(\.role) == ["seat", "identity"])
        #expect(read.steps.map(\.new.scheme) == [.mlDSA65, .mlDSA65])
    }

    @Test func onlyTheSameHolderSucceeds() throws {
        let old = try keys(["seat", "identity"], .ed25519)
        for other in [
            try keys(["identity", "seat"], .ed25519), try keys(["seat"], .ed25519), try keys(["seat", "identity"], .ed25519, name: "bert"),
            try keys(["seat", "identity"], .ed25519, chain: HashSuite.sha256.hash([1])),
        ] {
            #expect(throws: CryptoError.self) { try KeySuccession(from: old, to: other) }
        }
    }

    @Test func everyChangedCharacterIsNoticed() throws {
        let statement = try KeySuccession(from: try keys(["seat"], .ed25519), to: try keys(["seat"], .ed25519))
        let bytes = try statement.encoded()
        for index in bytes.indices.dropLast() {
            var changed = bytes
            changed[index] ^= 0x02
            guard let read = try? KeySuccession(encoded: changed) else { continue }
            // What is left says the same.
            #expect(read == statement || !read.isValid, "byte \(index)")
        }
        #expect(throws: CryptoError.self) { try KeySuccession(encoded: []) }
        #expect(throws: CryptoError.self) { try KeySuccession(encoded: [UInt8](repeating: 0x20, count: KeySuccession.maximumSize + 1)) }
        let empty = #"{"format":"trellis/key-succession/1","name":"a","chain_id":null,"steps":[]}"#
        #expect(throws: CryptoError.self) { try KeySuccession(encoded: Array(empty.utf8)) }
    }

    @Test func publicKeysForOtherTools() throws {
        // The fixed beginnings of RFC 8410, RFC 5480 and RFC 9881.
        let beginnings: [SignatureSchemeIdentifier: String] = [
            .ed25519: "302a300506032b6570032100", .ecdsaP384: "3076301006072a8648ce3d020106052b8104002203620004",
            .mlDSA65: "308207b2300b0609608648016503040312038207a100", .mlDSA87: "30820a32300b060960864801650304031303820a2100",
        ]
        for (identifier, beginning) in beginnings {
            let scheme = try #require(SignatureScheme.identified(identifier))
            let key = try scheme.generate().publicKey
            let der = try #require(scheme.subjectPublicKeyInfo(key))
            #expect(Hex.encode(der).hasPrefix(beginning), "\(scheme.name)")
            #expect(der.suffix(key.count) == key[...])
            let lines = try #require(scheme.publicKeyPEM(key)).split(separator: "\n")
            #expect(lines.first == "-----BEGIN PUBLIC KEY-----" && lines.last == "-----END PUBLIC KEY-----")
            #expect(lines.allSatisfy { $0.count <= 64 })
            #expect(Data(base64Encoded: lines.dropFirst().dropLast().joined()) == Data(der))
            #expect(scheme.subjectPublicKeyInfo(key + [0]) == nil)
        }
    }
}
