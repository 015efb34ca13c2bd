// Expansion of words into fields: variables with known values, substitutions with known output, braces, home and field splitting.
// Every substitution in a word is walked exactly once here, whatever the braces around it multiply.

extension CommandWalker {
    /// The arguments a word becomes.
    mutating func expand(_ word: ShellWord) -> [Field] {
        var braces = BraceExpansion()
        let alternatives = braces.expand(atoms(of: word))
        if braces.isOverBound { facts.append(ShellSyntaxError.tooMuchWork.description, to: .parseError) }
        return alternatives.flatMap { fields(from: $0) }
    }

    /// The value an assignment gives, where no braces are expanded and nothing is split; nil when it is not knowable.
    mutating func expandAssigned(_ word: ShellWord) -> [String]? {
        var atoms = atoms(of: word).map { atom -> Atom in
            switch atom {
            case .brace(let scalar): .quoted(String(scalar))
            case .values(let values, _): .values(values, isQuoted: true)
            case .fields(let fields, _): .fields(fields, isQuoted: true)
            default: atom
            }
        }
        if atoms.isEmpty { atoms = [.quoted("")] }
        let fields = fields(from: atoms)
        let literals = fields.compactMap(\.literal)
        // A value that starts at home or came from the network is not just its text.
        guard literals.count == fields.count, literals.count <= 64, !fields.contains(where: { $0.isFromNetwork }) else { return nil }
        return fields.contains(where: \.startsAtHome) ? nil : literals
    }

    // MARK: - Atoms

    private mutating func atoms(of word: ShellWord) -> [Atom] {
        var atoms: [Atom] = []
        for (index, part) in word.parts.enumerated() {
            switch part {
            case .literal(let text): atoms += unquoted(text, isFirst: index == 0)
            default: atoms += self.atoms(of: part, isQuoted: false)
            }
        }
        return atoms
    }

    private func unquoted(_ text: String, isFirst: Bool) -> [Atom] {
        var rest = text.unicodeScalars[...]
        var atoms: [Atom] = []
        if isFirst, rest.first == "~" {
            let user = rest.dropFirst().prefix { $0 != "/" }
            if user.isEmpty {
                atoms.append(.home)
                rest = rest.dropFirst()
            } else if user.allSatisfy({ $0.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains($0) }), user.first != "-" {
                atoms.append(.quoted(user.elementsEqual("root".unicodeScalars) ? "/root" : "/home/" + String(user)))
                rest = rest.dropFirst(user.count + 1)
            } else {
                atoms.append(.unresolved(.unresolved("~" + String(user))))
                rest = rest.dropFirst(user.count + 1)
            }
        }
        var plain = String.UnicodeScalarView()
        for scalar in rest {
            if scalar == "{" || scalar == "," || scalar == "}" {
                if !plain.isEmpty { atoms.append(.plain(String(plain))) }
                plain = String.UnicodeScalarView()
                atoms.append(.brace(scalar))
            } else {
                plain.append(scalar)
            }
        }
        if !plain.isEmpty { atoms.append(.plain(String(plain))) }
        return atoms
    }

    private mutating func atoms(of part: ShellWordPart, isQuoted: Bool) -> [Atom] {
        switch part {
        case .literal(let text), .quoted(let text): return [.quoted(text)]
        case .doubleQuoted(let parts): return [.quoted("")] + parts.flatMap { atoms(of: $0, isQuoted: true) }
        case .parameter(let parameter): return atoms(of: parameter, isQuoted: isQuoted)
        case .substitution(let statements): return [substitute(statements, isQuoted: isQuoted)]
        case .process(let statements, _):
            let before = sightings
            let output = walkSubshell(statements)
            var field = Field.guarded("<(…)")
            field.isFromNetwork = output.isFromNetwork || sightings.network > before.network
            return [.unresolved(field)]
        case .arithmetic(let parts):
            for part in parts { _ = atoms(of: part, isQuoted: true) }
            // A number: it can be neither empty nor a path.
            return [.quoted("0")]
        case .array(let words):
            for word in words { _ = expand(word) }
            return [.unresolved(.unresolved("(…)"))]
        }
    }

    private mutating func substitute(_ statements: [ShellStatement], isQuoted: Bool) -> Atom {
        let before = sightings
        conditionalDepth += 1
        let output = walkSubshell(statements)
        conditionalDepth -= 1
        switch output {
        case .text(let text):
            var trimmed = text.unicodeScalars[...]
            while trimmed.last == "\n" { trimmed.removeLast() }
            return .values([String(trimmed)], isQuoted: isQuoted)
        case .paths(let fields): return .fields(fields, isQuoted: isQuoted)
        case .none: return .values([""], isQuoted: isQuoted)
        case .opaque(let isFromNetwork):
            var field = Field.unresolved("$(…)")
            field.isFromNetwork = isFromNetwork || sightings.network > before.network
            return .unresolved(field)
        }
    }

    private mutating func atoms(of parameter: ShellParameter, isQuoted: Bool) -> [Atom] {
        var inside: [Atom] = []
        for part in parameter.operand { inside += atoms(of: part, isQuoted: true) }
        let name = parameter.name
        let rendering = parameter.operation.isEmpty && !parameter.isIndirectOrLength ? "$\(name)" : "${\(name)…}"
        let isBound = assignmentCounts[name] != nil || variables[name] != nil
        guard !parameter.isIndirectOrLength else { return [.unresolved(.unresolved(rendering))] }
        switch parameter.operation {
        case "", "-", ":-", "=", ":=", "?", ":?":
            if let values = variables[name], !assignmentCounts.keys.contains("IFS") || isQuoted {
                return [.values(values, isQuoted: isQuoted)]
            }
        case "+", ":+": return [.fields(fields(from: inside) + [Field()], isQuoted: isQuoted)]
        default: return [.unresolved(.unresolved(rendering))]
        }
        switch parameter.operation {
        case "?", ":?": return [.unresolved(.guarded(rendering))]
        case "-", ":-", "=", ":=":
            // Either the default or something that is not empty.
            return [.fields(fields(from: inside) + [.guarded(rendering)], isQuoted: isQuoted)]
        default: return [value(of: name, rendering: rendering, isBound: isBound, isQuoted: isQuoted)]
        }
    }

    /// Variables that the shell or the login sets.
    private func value(of name: String, rendering: String, isBound: Bool, isQuoted: Bool) -> Atom {
        guard !isBound else { return .unresolved(.unresolved(rendering)) }
        switch name {
        case "HOME": return .home
        case "PWD":
            guard let directory else { return .unresolved(.guarded(rendering)) }
            return .values([directory], isQuoted: true)
        case "IFS": return .values([isQuoted ? " \t\n" : " "], isQuoted: isQuoted)
        case "$", "?", "#", "!", "RANDOM", "SECONDS", "LINENO", "UID", "EUID", "PPID", "BASHPID": return .quoted("0")
        default: return .unresolved(.unresolved(rendering))
        }
    }

    // MARK: - Fields

    /// Joins atoms to fields: quoted pieces stick together, unquoted values are split at blanks.
    private mutating func fields(from atoms: [Atom]) -> [Field] {
        var done: [Field] = []
        var open: [Field] = [Field()]
        var hasContent = false
        for atom in atoms {
            var choices: [Field] = []
            switch atom {
            case .plain(let text):
                var field = Field(text)
                field.hasGlob = text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
                choices = [field]
            case .brace(let scalar): choices = [Field(String(scalar))]
            case .quoted(let text): choices = [Field(text)]
            case .unresolved(let field): choices = [field]
            case .home:
                var field = Field("~")
                field.startsAtHome = true
                choices = [field]
            case .values(let values, let isQuoted):
                if !isQuoted {
                    split(values, into: &done, open: &open, hasContent: &hasContent)
                    continue
                }
                choices = values.map(Field.init)
            case .fields(let fields, _): choices = fields
            }
            hasContent = true
            extend(&open, with: choices)
        }
        return hasContent ? done + open : done
    }

    /// Unquoted values: blanks at either end and between words cut fields.
    private mutating func split(_ values: [String], into done: inout [Field], open: inout [Field], hasContent: inout Bool) {
        var heads: [Field] = []
        for value in values {
            let words = value.unicodeScalars.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map { String($0) }
            let startsBlank = value.unicodeScalars.first.map { $0 == " " || $0 == "\t" || $0 == "\n" } ?? false
            let endsBlank = value.unicodeScalars.last.map { $0 == " " || $0 == "\t" || $0 == "\n" } ?? false
            if (startsBlank || words.isEmpty && !value.isEmpty) && hasContent {
                done += open
                open = [Field()]
                hasContent = false
            }
            guard values.count == 1 else {
                heads += words.map(globbed)
                continue
            }
            for (index, word) in words.enumerated() {
                extend(&open, with: [globbed(word)])
                hasContent = true
                if index < words.count - 1 || endsBlank {
                    done += open
                    open = [Field()]
                    hasContent = false
                }
            }
        }
        if !heads.isEmpty {
            extend(&open, with: heads)
            hasContent = true
        }
    }

    private func globbed(_ text: String) -> Field {
        var field = Field(text)
        field.hasGlob = text.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
        return field
    }

    /// Makes every open field go on with every choice. In place for a single one, so that long words grow in linear time.
    private mutating func extend(_ open: inout [Field], with choices: [Field]) {
        guard let first = choices.first else { return }
        if open.count == 1, choices.count == 1 {
            if charge(first.text.utf8.count) { open[0].append(first) }
            return
        }
        var choices = choices
        if open.count * choices.count > ShellBounds.alternativesMaximum {
            facts.append(ShellSyntaxError.tooMuchWork.description, to: .parseError)
            choices = [first]
        }
        let size = (open + choices).reduce(0) { $0 + $1.text.utf8.count }
        guard charge(size * choices.count) else { return }
        open = open.flatMap { left in
            choices.map { right in
                var joined = left
                joined.append(right)
                joined.isAlternative = true
                return joined
            }
        }
    }
}
