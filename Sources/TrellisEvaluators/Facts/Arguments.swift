// Options and operands of a command line, by the conventions of getopt_long.

/// Arguments split into options and operands. Options are found anywhere before `--`, as GNU programs do.
struct Arguments {
    private(set) var short: Set<Character> = []
    private(set) var long: [String] = []
    /// Options with their values, in order; names without dashes.
    private(set) var values: [(name: String, value: Field)] = []
    private(set) var operands: [Field] = []

    /// - Parameters:
    ///   - valued: options that take a value, one-letter or long, separated by blanks and without dashes.
    ///   - stopsAtOperand: true for programs whose first operand starts another command line.
    init(_ fields: some Sequence<Field>, valued: String = "", stopsAtOperand: Bool = false) {
        let valued = Set(valued.split(separator: " ").map(String.init))
        var waiting: String?
        var isOver = false
        for field in fields {
            if let name = waiting {
                values.append((name, field))
                waiting = nil
                continue
            }
            let prefix = field.knownPrefix
            guard !isOver, prefix.hasPrefix("-"), prefix != "-" else {
                operands.append(field)
                isOver = isOver || stopsAtOperand
                continue
            }
            if field.literal == "--" {
                isOver = true
            } else if prefix.hasPrefix("--") {
                waiting = takeLong(field, prefix: prefix, valued: valued)
            } else {
                waiting = takeShort(field, letters: prefix.dropFirst(), valued: valued)
            }
        }
    }

    /// Returns the name that still wants a value.
    private mutating func takeLong(_ field: Field, prefix: String, valued: Set<String>) -> String? {
        let body = prefix.dropFirst(2)
        guard let equals = body.firstIndex(of: "=") else {
            long.append(String(body))
            return valued.contains(String(body)) ? String(body) : nil
        }
        let name = String(body[..<equals])
        long.append(name)
        values.append((name, field.dropping(prefix: "--\(name)=")))
        return nil
    }

    private mutating func takeShort(_ field: Field, letters: Substring, valued: Set<String>) -> String? {
        var consumed = "-"
        for letter in letters {
            short.insert(letter)
            consumed.append(letter)
            guard valued.contains(String(letter)) else { continue }
            let rest = field.dropping(prefix: consumed)
            if rest.pieces.isEmpty { return String(letter) }
            values.append((String(letter), rest))
            return nil
        }
        return nil
    }

    /// True when any of these options is given; long ones may be abbreviated to three letters, as getopt_long allows.
    func has(_ names: String...) -> Bool {
        names.contains { name in
            if name.count == 1 { return name.first.map(short.contains) ?? false }
            return long.contains { $0 == name || ($0.count >= 3 && name.hasPrefix($0)) }
        }
    }

    /// The values given for any of these options.
    func values(of names: String...) -> [Field] { values.filter { names.contains($0.name) }.map(\.value) }
}
