// The envelopes that Scripts/open-envelope.py checks: made here when TRELLIS_MAKE_VECTORS names the folder to write them to. That they
// and the script's own open is tested with all other vectors in CryptoConformanceTests.

import Foundation
import Testing
import TrellisCrypto

@Suite struct EnvelopeVectorTests {
    private struct Case: Encodable {
        let tcId: Int
        let comment: String
        let key: String
        var purpose = "trellis/test/1"
        let chain: String
        let sender: String
        let envelope: String
        let payload: String
        let result: String
    }

    private struct File: Encodable {
        var algorithm = "trellis/envelope/1"
        var source = "Tests/TrellisCryptoTests/EnvelopeVectorTests.swift"
        let tests: [Case]
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["TRELLIS_MAKE_VECTORS"] != nil))
    func envelopesForOtherReaders() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["TRELLIS_MAKE_VECTORS"])
        let serialized = try (0..<3).map(serializedKey)
        let publicKeys = try serialized.map { try CompositeKEM.PrivateKey(serialized: SecretBytes($0)).publicKey }
        let chain = HashSuite.sha384.hash([1])
        let context = EnvelopeContext(purpose: Domain("trellis/test/1"), chain: chain, sender: Array("validator-1".utf8))
        var tests: [Case] = []
        func add(_ comment: String, _ key: Int, _ envelope: [UInt8], _ payload: [UInt8], chain: Digest?, result: String = "valid") {
            tests.append(
                Case(
                    tcId: tests.count + 1, comment: comment, key: Hex.encode(serialized[key]), chain: chain?.description ?? "",
                    sender: Hex.encode(context.sender), envelope: Hex.encode(envelope), payload: Hex.encode(payload), result: result))
        }
        for size in [0, 1, 64, 65, 128, 150] {
            let payload = [UInt8](repeating: UInt8(size), count: size)
            add("\(size) bytes", 0, try Envelope.seal(payload, to: [publicKeys[0]], context: context, chunkSize: 64), payload, chain: chain)
        }
        let payload = Array("the same for all".utf8)
        let several = try Envelope.seal(payload, to: publicKeys, context: context)
        for key in 0..<3 { add("recipient \(key) of three", key, several, payload, chain: chain) }
        add("another chain", 0, several, payload, chain: nil, result: "invalid")
        add("cut", 0, several.dropLast(), payload, chain: chain, result: "invalid")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = try encoder.encode(File(tests: tests)) + Data("\n".utf8)
        try text.write(to: URL(fileURLWithPath: folder).appendingPathComponent("envelope_swift.json"))
    }

    /// A serialised private key: 64 bytes of ML-KEM seed, then the DER of the P-384 scalar.
    private func serializedKey(_ number: Int) throws -> [UInt8] {
        let seed = (0..<112).map { UInt8(truncatingIfNeeded: $0 * 7 + number * 31 + 1) }
        let head = try #require(Hex.decode("303e0201010430"))
        let tail = try #require(Hex.decode("a00706052b81040022"))
        return seed[..<64] + head + seed[64...] + tail
    }
}
