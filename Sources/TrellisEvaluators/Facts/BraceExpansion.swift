// Brace expansion: `{a,b}` and short `{1..5}` ranges, on words whose substitutions are already resolved to atoms.

/// A resolved piece of a word, before it is cut into fields.
enum Atom {
    /// Unquoted text without braces or commas.
    case plain(String)
    /// One of the unquoted bytes `{`, `,` and `}`.
    case brace(Unicode.Scalar)
    case quoted(String)
    /// A variable's possible values.
    case values([String], isQuoted: Bool)
    /// File names or other outputs of a substitution, of which each may stand here.
    case fields([Field], isQuoted: Bool)
    case unresolved(Field)
    case home
}

/// Expands braces, up to a bound.
struct BraceExpansion {
    /// True when there was more to expand than `ShellBounds.alternativesMaximum`.
    private(set) var isOverBound = false

    mutating func expand(_ atoms: [Atom]) -> [[Atom]] {
        let opens = atoms.count { if case .brace("{") = $0 { true } else { false } }
        guard opens > 0 else { return [atoms] }
        guard opens <= 32 else {
            isOverBound = true
            return [atoms]
        }
        return expand(atoms[...])
    }

    private mutating func expand(_ atoms: ArraySlice<Atom>) -> [[Atom]] {
        guard let group = firstGroup(in: atoms) else { return [Array(atoms)] }
        let prefix = Array(atoms[..<group.start])
        var middles: [[Atom]] = []
        for alternative in group.alternatives { middles += expand(alternative[...]) }
        let suffixes = expand(atoms[(group.end + 1)...])
        guard middles.count * suffixes.count <= ShellBounds.alternativesMaximum else {
            isOverBound = true
            return [prefix + (middles.first ?? []) + (suffixes.first ?? [])]
        }
        return middles.flatMap { middle in suffixes.map { prefix + middle + $0 } }
    }

    private struct Group {
        var start: Int
        var end: Int
        var alternatives: [[Atom]]
    }

    /// The first brace pair that holds a comma at its own level, or a range.
    private func firstGroup(in atoms: ArraySlice<Atom>) -> Group? {
        for start in atoms.indices {
            guard case .brace("{") = atoms[start] else { continue }
            var level = 0
            var cuts = [start]
            for index in atoms.indices.suffix(from: start) {
                guard case .brace(let scalar) = atoms[index] else { continue }
                if scalar == "{" { level += 1 }
                if scalar == "}" { level -= 1 }
                if scalar == ",", level == 1 { cuts.append(index) }
                guard level == 0 else { continue }
                cuts.append(index)
                if cuts.count > 2 {
                    let alternatives = zip(cuts, cuts.dropFirst()).map { Array(atoms[($0 + 1)..<$1]) }
                    return Group(start: start, end: index, alternatives: alternatives)
                }
                if index == start + 2, case .plain(let text) = atoms[start + 1], let values = Self.range(text) {
                    return Group(start: start, end: index, alternatives: values)
                }
                break
            }
        }
        return nil
    }

    /// The values of `a..z` or `1..5`; a long range is one piece of unknown value.
    private static func range(_ text: String) -> [[Atom]]? {
        let ends = text.split(separator: "..", omittingEmptySubsequences: false).map(String.init)
        guard ends.count >= 2, ends.count <= 3, let first = ends.first, !first.isEmpty else { return nil }
        let last = ends[1]
        if let low = Int(first), let high = Int(last) {
            guard ends.count == 2, low <= high, high.subtractingReportingOverflow(low).partialValue < 64, low >= -1_000_000,
                high <= 1_000_000
            else {
                return [[.unresolved(Field.guarded("{\(text)}"))]]
            }
            return (low...high).map { [.plain(String($0))] }
        }
        guard ends.count == 2, let low = first.unicodeScalars.first?.value, let high = last.unicodeScalars.first?.value,
            first.unicodeScalars.count == 1,
            last.unicodeScalars.count == 1, low < 128, high < 128
        else { return nil }
        return (min(low, high)...max(low, high)).compactMap { Unicode.Scalar($0).map { [.plain(String($0))] } }
    }
}

extension Field {
    /// A piece of unknown value that is never empty.
    static func guarded(_ rendering: String) -> Field {
        var field = Field()
        field.append(unresolved: rendering, isGuarded: true)
        return field
    }
}
