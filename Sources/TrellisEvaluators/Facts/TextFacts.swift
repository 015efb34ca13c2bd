// Facts of any text, whatever its kind: how long it is, where it points to, and what in it is meant for other eyes than it says. What is
// meant to be found is looked for in everything that the proposer wrote, and in each way it can be read.

enum TextFacts {
    /// Adds the size and shape of the text, and what it, the kind and the fields show. `json`: the text, where it is a JSON object or array.
    static func add(to facts: inout ShellFacts, input: EvaluationInput, json: JSONValue?) {
        let text = input.text
        facts.set(.lengthBytes, to: text.utf8.count)
        facts.set(.lines, to: text.isEmpty ? 0 : text.utf8.count { $0 == 0x0A } + 1)
        facts.set(.words, to: Words.of(text).count)
        facts.set(.json, if: json?.isContainer ?? false)
        // To a shell, braces and brackets are something else.
        facts.set(.malformedJSON, if: json == nil && input.kind != Policy.commandKind && JSONValue.opensContainer(text))
        add(to: &facts, written: text, json)
        add(to: &facts, written: input.kind, nil)
        for (name, value) in input.fields.sorted(by: { $0.key < $1.key }) {
            add(to: &facts, written: name, nil)
            add(to: &facts, written: value, JSONValue(containerIn: value))
        }
    }

    private static func add(to facts: inout ShellFacts, written text: String, _ json: JSONValue?) {
        let readings = Readings.of(text, json: json)
        for reading in readings {
            for link in links(in: reading) { facts.append(link, to: .links) }
            for kind in secrets(in: reading) { facts.append(kind, to: .secrets) }
        }
        facts.set(.instructsReader, if: Readings.mention(instructions, in: readings))
        // An escape that a shell or a person would have to undo hides nothing: it shows.
        let shown = Readings.shown(text, json: json)
        facts.set(.hiddenCharacters, if: shown.contains { $0.unicodeScalars.contains(where: HiddenCharacters.contains) })
    }

    /// Phrases that address whoever judges the proposal instead of saying what is proposed.
    private static let instructions = [
        "ignore previous instructions", "ignore all previous instructions", "ignore the previous instructions", "ignore your instructions",
        "ignore the above", "disregard previous instructions", "disregard the above", "disregard your instructions",
        "forget your instructions",
        "you are now", "new instructions", "system prompt", "developer mode", "respond only with", "reply only with", "you must approve",
        "always approve", "approve this proposal", "vote approve", "your verdict is", "output approve", "return approve",
    ]

    private static func links(in text: String) -> [String] {
        var links: [String] = []
        for word in text.unicodeScalars.split(whereSeparator: { $0.value <= 0x20 || "\"'<>()[]{}|`".unicodeScalars.contains($0) }) {
            let word = String(String.UnicodeScalarView(word))
            guard let colon = word.firstRange(of: "://") else { continue }
            let scheme = word[..<colon.lowerBound].utf8.reversed().prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
            guard !scheme.isEmpty, colon.upperBound < word.endIndex else { continue }
            links.append(String(decoding: scheme.reversed(), as: UTF8.self) + String(word[colon.lowerBound...]))
        }
        return links
    }

    /// Beginnings that issuers give their credentials, with how long the rest must be.
    private static let tokens: [(prefix: String, length: Int, kind: String)] = [
        ("AKIA", 16, "an AWS key"), ("ASIA", 16, "an AWS key"), ("ghp_", 20, "a GitHub token"), ("github_pat_", 20, "a GitHub token"),
        ("glpat-", 16, "a GitLab token"), ("xoxb-", 20, "a Slack token"), ("xoxp-", 20, "a Slack token"), ("sk-", 20, "an API key"),
        ("AIza", 30, "a Google key"), ("eyJhbGciOi", 20, "a signed token"),
    ]

    private static func secrets(in text: String) -> [String] {
        var kinds: [String] = []
        if text.contains("-----BEGIN "), text.contains("PRIVATE KEY-----") { kinds.append("a private key") }
        let parts = text.utf8.split { byte in
            !((0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == 0x2D || byte == 0x5F || byte == 0x2E)
        }
        for part in parts where part.count >= 20 {
            let word = String(part) ?? ""
            kinds += tokens.filter { word.hasPrefix($0.prefix) && part.count >= $0.prefix.utf8.count + $0.length }.map(\.kind)
        }
        return kinds
    }
}

/// Words of a text as conditions compare them: runs of letters and digits, in small letters of ASCII.
enum Words {
    static func of(_ text: String) -> [String] {
        text.utf8.split { byte in
            !((0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte >= 0x80 || byte == 0x27)
        }.map { word in String(decoding: word.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self) }
    }

    /// The words with a blank before and after each, so that a phrase stands in a text where its joined words do.
    static func joined(_ text: String) -> String { " " + of(text).map { $0 + " " }.joined() }
}
