// Reasons with `{name}` places for facts and fields. Names are checked when the policy is read, so filling in cannot fail.

/// A reason's text with places for values.
struct ReasonTemplate: Sendable, Equatable {
    enum Piece: Sendable, Equatable {
        case text(String)
        case fact(FactName)
        case field(String)
        case json(String)
    }

    private(set) var pieces: [Piece] = []

    /// Values shown of a list, and bytes shown of a value.
    private static let listMaximum = 5
    private static let valueMaximumBytes = 80

    /// Reads `{fact}`, `{kind}`, `{field.name}`, `{{` and `}}`; throws the name that is none of them.
    init(_ text: String) throws(UnknownPlace) {
        var literal = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "{" || scalar == "}", rest.first == scalar {
                rest.removeFirst()
                literal.append(scalar)
            } else if scalar == "{", let end = rest.firstIndex(of: "}") {
                if !literal.isEmpty { pieces.append(.text(String(literal))) }
                literal = String.UnicodeScalarView()
                pieces.append(try Self.place(String(rest[..<end])))
                rest = rest[rest.index(after: end)...]
            } else {
                literal.append(scalar)
            }
        }
        if !literal.isEmpty { pieces.append(.text(String(literal))) }
    }

    struct UnknownPlace: Error {
        var name: String
    }

    private static func place(_ name: String) throws(UnknownPlace) -> Piece {
        if let fact = FactName(rawValue: name) { return .fact(fact) }
        if name == "kind" || name == "text" { return .field(name) }
        if name.hasPrefix("field."), name.utf8.count > 6 { return .field(String(name.dropFirst(6))) }
        if name.hasPrefix("json:/") { return .json(String(name.dropFirst(5))) }
        throw UnknownPlace(name: name)
    }

    func text(for subject: PolicySubject) -> String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .fact(let name): Self.render(subject.facts[name])
            case .field(let name): (subject.field(name) ?? "").printable(maximumBytes: Self.valueMaximumBytes)
            case .json(let pointer):
                (subject.json?.value(at: pointer)).map { $0.scalarText ?? $0.serialized }?.printable(maximumBytes: Self.valueMaximumBytes)
                    ?? ""
            }
        }.joined()
    }

    private static func render(_ value: FactValue) -> String {
        switch value {
        case .flag(let flag): return flag ? "yes" : "no"
        case .count(let count): return String(count)
        case .list(let values):
            let shown = values.prefix(listMaximum).map { $0.printable(maximumBytes: valueMaximumBytes) }.joined(separator: ", ")
            return values.count > listMaximum ? "\(shown) and \(values.count - listMaximum) more" : shown
        }
    }
}
