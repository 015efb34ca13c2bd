// Texts as conditions compare them: word by word, whatever their capitals.

/// The words of a text: runs of letters and digits, in small letters of ASCII.
struct WordSequence: Sendable, Equatable {
    private static let blank = UInt8(ascii: " ")

    /// A blank before and after each word, so that a phrase stands in a text where its bytes do.
    private let bytes: [UInt8]

    init(_ text: String) {
        var bytes = [Self.blank]
        bytes.reserveCapacity(text.utf8.count + 2)
        for byte in text.utf8 {
            if Self.isInWord(byte) {
                bytes.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
            } else if bytes.last != Self.blank {
                bytes.append(Self.blank)
            }
        }
        if bytes.last != Self.blank { bytes.append(Self.blank) }
        self.bytes = bytes
    }

    var count: Int { bytes.count { $0 == Self.blank } - 1 }

    /// Whether the words of `phrase` stand side by side in this text. Letters that Unicode spells in several ways count as one.
    func contains(_ phrase: WordSequence) -> Bool {
        if bytes.firstPlace(of: phrase.bytes) != nil { return true }
        guard phrase.bytes.contains(where: { $0 >= 0x80 }) else { return false }
        return String(decoding: bytes, as: UTF8.self).contains(String(decoding: phrase.bytes, as: UTF8.self))
    }

    private static func isInWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte >= 0x80 || byte == UInt8(ascii: "'")
    }
}

/// Phrases that are looked for word for word.
struct Phrases: Sendable, Equatable {
    private let phrases: [WordSequence]

    /// Those without a word are found nowhere.
    init(_ texts: [String]) { phrases = texts.map { WordSequence($0) }.filter { $0.count > 0 } }

    /// Whether one of the phrases stands in one of the readings of a text.
    func stand(in readings: [WordSequence]) -> Bool {
        readings.contains { reading in phrases.contains { reading.contains($0) } }
    }

    func stand(in readings: [String]) -> Bool { stand(in: readings.map { WordSequence($0) }) }
}

extension Collection<UInt8> {
    /// Where `part` stands first, byte for byte.
    func firstPlace(of part: some Collection<UInt8>) -> Index? { indices.first { self[$0...].starts(with: part) } }
}
