// The file form: one byte string for one receipt, and no input that is anything but refused.

import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisVerify

@Suite struct ReceiptFileTests {
    /// Every position of a file with post-quantum signatures, and of its bytes.
    @Test(arguments: 0..<4) func everyByteOfLatticeReceipt(part: Int) throws {
        let network = try Network.lattice()
        let receipt = try Decided(network).receipt()
        try everyByte(of: receipt.json, network, part: part, masks: [0x01]) { try Receipt(json: $0) }
        try everyByte(of: receipt.wireBytes, network, part: part, masks: [0x01]) { try Receipt(wireBytes: $0) }
    }

    /// Every position of a file with small signatures, with many values each.
    @Test(arguments: 0..<4) func everyByteOfSmallReceipt(part: Int) throws {
        let network = try Network.small()
        let receipt = try Decided(network).receipt()
        let masks: [UInt8] = [0x01, 0x06, 0x20, 0x80]
        try everyByte(of: receipt.json, network, part: part, masks: masks) { try Receipt(json: $0) }
        try everyByte(of: receipt.wireBytes, network, part: part, masks: masks) { try Receipt(wireBytes: $0) }
    }

    private func everyByte(
        of bytes: [UInt8], _ network: Network, part: Int, masks: [UInt8], read: ([UInt8]) throws -> Receipt
    ) throws {
        _ = try read(bytes).verify(genesis: network.genesis)
        var accepted: [Int] = []
        for position in stride(from: part, to: bytes.count, by: 4) {
            for mask in masks {
                var changed = bytes
                changed[position] ^= mask
                if (try? read(changed).verify(committee: network.committee, network: "test")) != nil { accepted.append(position) }
            }
        }
        #expect(accepted.isEmpty)
    }

    @Test func truncatedAtEveryLength() throws {
        let receipt = try Decided(.small()).receipt()
        let json = receipt.json
        let wire = receipt.wireBytes
        for length in json.indices { #expect(throws: ReceiptError.self) { try Receipt(json: Array(json[..<length])) } }
        for length in wire.indices { #expect(throws: ReceiptError.self) { try Receipt(wireBytes: Array(wire[..<length])) } }
    }

    @Test func trailingBytes() throws {
        let receipt = try Decided(.small()).receipt()
        #expect(throws: ReceiptError.reformatted) { try Receipt(json: receipt.json + [0x0A]) }
        #expect(throws: ReceiptError.notAReceiptFile) { try Receipt(json: receipt.json + [0x7D]) }
        #expect(throws: ReceiptError.malformed(.trailingBytes(offset: receipt.wireBytes.count))) {
            try Receipt(wireBytes: receipt.wireBytes + [0])
        }
    }

    @Test func reformattedOrEdited() throws {
        let json = try Decided(.small()).receipt().json
        let text = String(decoding: json, as: UTF8.self)
        #expect(throws: ReceiptError.reformatted) { try Receipt(json: JSONWriter.withoutWhitespace(json)) }
        #expect(throws: ReceiptError.reformatted) { try Receipt(json: Array(text.split(separator: "\n").joined(separator: "\r\n").utf8)) }
        let place = text.utf8.firstRange(of: "\"approved\"".utf8)?.lowerBound
        let offset = place.map { text.utf8.distance(from: text.startIndex, to: $0) } ?? 0
        var edited = json
        edited.replaceSubrange(offset + 1..<offset + 9, with: "rejected".utf8)
        #expect(throws: ReceiptError.edited(offset: offset + 1)) { try Receipt(json: edited) }
        #expect(ReceiptError.reformatted.hint != nil && ReceiptError.edited(offset: 0).hint != nil)
    }

    @Test func notJSON() throws {
        let nested = [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20)
        let objects = Array(String(repeating: "{\"receipt\":", count: 1 << 16).utf8) + [UInt8](repeating: UInt8(ascii: "}"), count: 1 << 16)
        let inputs: [[UInt8]] = [
            [], Array("hello".utf8), Array("{}".utf8), Array("\"}".utf8), Array("}".utf8), Array("\"receipt\": \"\"".utf8), [0xFF, 0xFE],
            nested, objects, [UInt8](repeating: 0x20, count: 4096),
        ]
        for input in inputs { #expect(throws: ReceiptError.notAReceiptFile) { try Receipt(json: input) } }
        for text in ["A", "AAA=A===", "A===", "{}", "AAAA\u{0}"] {
            #expect(throws: ReceiptError.malformedBase64) { try Receipt(json: Array("{\"receipt\": \"\(text)\"}".utf8)) }
        }
        #expect(throws: ReceiptError.malformed(.truncated(offset: 0))) { try Receipt(json: Array("{\"receipt\": \"\"}".utf8)) }
    }

    @Test func hugeCounts() throws {
        let good = try Decided(.small()).receipt()
        let entry = good.entry
        func bytes(_ build: (inout WireEncoder) -> Void) -> [UInt8] {
            var encoder = WireEncoder()
            encoder.string(Receipt.format)
            encoder.u8(HashSuite.sha256.rawValue)
            build(&encoder)
            return encoder.bytes
        }
        #expect(throws: ReceiptError.self) { try Receipt(wireBytes: bytes { $0.u32(.max) }) }
        let hugeProof = bytes {
            $0.byteString(entry)
            $0.u64(1)
            $0.u32(.max)
        }
        #expect(throws: ReceiptError.malformed(.tooMany(what: "proof", count: 0xFFFF_FFFF, limit: 64))) {
            try Receipt(wireBytes: hugeProof)
        }
        let hugeCertificate = bytes {
            $0.byteString(entry)
            $0.u64(1)
            $0.u32(0)
            good.certificate.checkpoint.encode(to: &$0)
            $0.u32(65_536)
        }
        #expect(throws: ReceiptError.malformed(.truncated(offset: hugeCertificate.count))) { try Receipt(wireBytes: hugeCertificate) }
        let epochs = Array(good.wireBytes.dropLast(4)) + [1, 0, 0, 0]
        #expect(throws: ReceiptError.malformed(.tooMany(what: "epochs", count: 1, limit: 0))) { try Receipt(wireBytes: epochs) }
    }

    @Test func randomBytesAreRefused() {
        var generator = Seeded(7)
        for _ in 0..<4096 {
            var bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            if Bool.random(using: &generator) {
                var encoder = WireEncoder()
                encoder.string(Receipt.format)
                encoder.u8(UInt8.random(in: 0...3, using: &generator))
                bytes = encoder.bytes + bytes
            }
            #expect(throws: ReceiptError.self) { try Receipt(wireBytes: bytes) }
            #expect(throws: ReceiptError.self) { try Receipt(json: bytes) }
        }
    }

    @Test func timesAreGregorian() {
        #expect(Text.time(0) == "1970-01-01T00:00:00.000Z")
        #expect(Text.time(951_782_399_999) == "2000-02-28T23:59:59.999Z")
        #expect(Text.time(951_782_400_000) == "2000-02-29T00:00:00.000Z")
        #expect(Text.time(4_107_542_400_000) == "2100-03-01T00:00:00.000Z")
        #expect(Text.time(1_795_000_002_348) == "2026-11-18T11:06:42.348Z")
        #expect(Text.time(.max).hasSuffix("Z"))
    }
}

/// A small seeded generator (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
