// A stateful key on real files: it signs, and refuses a second holder, a restored copy and another seed.

import Foundation
import Testing
import TrellisCrypto
import TrellisNode

@Suite struct StatefulSignerTests {
    private let message = Array("a firmware image".utf8)

    private func inDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("signer-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try body(directory)
    }

    @Test(arguments: ["LMS_SHA256_M24_H10/LMOTS_SHA256_N24_W4", "XMSS-SHA2_10_192"])
    func signsWithEachIndexOnce(name: String) throws {
        let scheme = try #require(StatefulSignatureScheme.named(name))
        try inDirectory { root in
            let (state, witness) = (root + "/state", root + "/witness")
            var signatures: [[UInt8]] = []
            let made: (seed: SecretBytes, publicKey: [UInt8])
            do {
                let signer = try StatefulSigner.create(scheme, directory: state, witness: witness)
                made = (signer.key.seed, signer.key.publicKey)
                #expect(signer.remaining == 1024)
                for _ in 0..<2 { signatures.append(try signer.sign(message, context: .genesis)) }
                #expect(signer.remaining == 1022)
                for held in [state, witness] {
                    #expect(throws: StatefulSignerError.self) {
                        try StatefulSigner.open(scheme, seed: made.seed, directory: held, witness: root + "/other")
                    }
                }
            }
            do {
                let signer = try StatefulSigner.open(scheme, seed: made.seed, directory: state, witness: witness)
                signatures.append(try signer.sign(message, context: .genesis))
                #expect(signer.remaining == 1021)
            }
            for signature in signatures {
                #expect(scheme.isValid(signature, for: message, context: .genesis, publicKey: made.publicKey))
            }
            // A signature begins with its index, big-endian.
            #expect(signatures.map { Array($0.prefix(4)) } == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 2]])
        }
    }

    @Test func aSecondHolderIsToldSo() throws {
        let scheme = try #require(StatefulSignatureScheme.named("LMS_SHA256_M24_H10/LMOTS_SHA256_N24_W1"))
        try inDirectory { root in
            let signer = try StatefulSigner.create(scheme, directory: root + "/state", witness: nil)
            do {
                _ = try StatefulSigner.open(scheme, seed: signer.key.seed, directory: root + "/state", witness: nil)
                Issue.record("it is held twice")
            } catch StatefulSignerError.stateInUse(let path) {
                #expect(path == root + "/state")
            }
            _ = try signer.sign(message, context: .genesis)
        }
    }

    /// A directory restored from its backup, with a witness that was no part of it, and without one.
    @Test func aRestoredBackupIsRefused() throws {
        let scheme = try #require(StatefulSignatureScheme.named("LMS_SHA256_M24_H10/LMOTS_SHA256_N24_W1"))
        for withWitness in [true, false] {
            try inDirectory { root in
                let (state, backup, witness) = (root + "/state", root + "/backup", withWitness ? root + "/witness" : nil)
                let seed: SecretBytes
                do {
                    let signer = try StatefulSigner.create(scheme, directory: state, witness: witness)
                    seed = signer.key.seed
                }
                try FileManager.default.copyItem(atPath: state, toPath: backup)
                do {
                    let signer = try StatefulSigner.open(scheme, seed: seed, directory: state, witness: witness)
                    _ = try signer.sign(message, context: .genesis)
                }
                try FileManager.default.removeItem(atPath: state)
                try FileManager.default.copyItem(atPath: backup, toPath: state)
                do {
                    _ = try StatefulSigner.open(scheme, seed: seed, directory: state, witness: witness)
                    Issue.record("the backup was taken")
                } catch StatefulSignerError.stateRolledBack {
                }
            }
        }
    }

    @Test func aCountBeginsOnce() throws {
        let scheme = try #require(StatefulSignatureScheme.named("LMS_SHA256_M24_H10/LMOTS_SHA256_N24_W1"))
        try inDirectory { root in
            let state = root + "/state"
            let seed = try StatefulSigner.create(scheme, directory: state, witness: nil).key.seed
            #expect(throws: StatefulSignerError.exists(directory: state)) {
                try StatefulSigner.create(scheme, directory: state, witness: nil)
            }
            #expect(throws: StatefulSignerError.witness(isExpected: false)) {
                try StatefulSigner.open(scheme, seed: seed, directory: state, witness: root + "/witness")
            }
            try FileManager.default.removeItem(atPath: state + "/counter.1")
            #expect(throws: StatefulSignerError.self) { try StatefulSigner.open(scheme, seed: seed, directory: state, witness: nil) }
        }
    }

    @Test func anotherSeedIsRefused() throws {
        let scheme = try #require(StatefulSignatureScheme.named("LMS_SHA256_M24_H10/LMOTS_SHA256_N24_W1"))
        try inDirectory { root in
            _ = try StatefulSigner.create(scheme, directory: root + "/state", witness: nil)
            #expect(throws: StatefulSignerError.otherKey(directory: root + "/state")) {
                try StatefulSigner.open(
                    scheme, seed: SecretBytes(random: scheme.seedSize), directory: root + "/state", witness: nil)
            }
            #expect(throws: CryptoError.self) {
                try StatefulSigner.open(scheme, seed: SecretBytes([1, 2, 3]), directory: root + "/state", witness: nil)
            }
        }
    }
}
