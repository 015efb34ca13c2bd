// Digests: text, order, sizes; hashing with domains.

import Testing
import TrellisCrypto

@Suite struct DigestTests {
    @Test func hexadecimalRoundTripsInEitherCase() throws {
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(HashSuite.sha256.hash(Array("abc".utf8)).description == text)
        let digest = try #require(Digest(hex: text))
        #expect(Digest(hex: text.uppercased()) == digest)
        #expect(digest.count == 32)
        #expect(Hex.encode(digest.bytes) == text)
        #expect(Digest(hex: String(text.dropLast())) == nil)
        #expect(Digest(hex: text.replacing("b", with: "g")) == nil)
        #expect(Digest(hex: "") == nil)
    }

    @Test func sha384IsLonger() {
        let digest = HashSuite.sha384.hash(Array("abc".utf8)[...])
        #expect(digest.count == 48)
        #expect(
            digest.description
                == "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7")
    }

    @Test func onlyTwoSizesAreDigests() {
        for count in 0...70 {
            #expect((Digest([UInt8](repeating: 7, count: count)) != nil) == (count == 32 || count == 48))
        }
        #expect(Digest(AnyCollection([UInt8](repeating: 7, count: 48)))?.bytes == [UInt8](repeating: 7, count: 48))
        #expect(Digest([UInt8](repeating: 1, count: 90)[3..<35])?.count == 32)
    }

    @Test func orderIsThatOfTheBytes() {
        var generator = SystemRandomNumberGenerator()
        var digests: [Digest] = []
        for index in 0..<400 {
            // Few distinct bytes, so that long common prefixes occur.
            let bytes = (0..<(index.isMultiple(of: 2) ? 32 : 48)).map { _ in UInt8.random(in: 0...1, using: &generator) &* 0xff }
            if let digest = Digest(bytes) { digests.append(digest) }
        }
        digests += [Digest([UInt8](repeating: 0, count: 32)), Digest([UInt8](repeating: 0, count: 48))].compactMap { $0 }
        for left in digests.prefix(60) {
            for right in digests {
                #expect((left < right) == left.bytes.lexicographicallyPrecedes(right.bytes))
                #expect((left == right) == (left.bytes == right.bytes))
            }
        }
    }

    @Test func appendAddsTheBytes() {
        var buffer: [UInt8] = [1]
        let digest = HashSuite.sha256.hash([])
        digest.append(to: &buffer)
        #expect(buffer == [1] + digest.bytes)
    }

    @Test func taggedHashIsLengthThenDomainThenParts() {
        let parts: [[UInt8]] = [[1, 2], [], [3]]
        let expected = HashSuite.sha256.hash([15] + Array("trellis/block/1".utf8) + [1, 2, 3])
        #expect(HashSuite.sha256.tagged(.block, parts) == expected)
        #expect(HashSuite.sha256.tagged(.commit, parts) != expected)
        #expect(HashSuite.sha384.tagged(.block, parts).count == 48)
    }

    @Test func suitesHaveNames() {
        for suite in HashSuite.allCases { #expect(HashSuite(name: suite.name) == suite) }
        #expect(HashSuite(name: "md5") == nil)
    }
}
