// Why a policy file is refused: where, what, and what was probably meant.

/// A policy, or a council file, that cannot be used. `description` names the file, the line, the problem and, for a misspelt name, the nearest known one.
public struct PolicyError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Problem: Sendable, Equatable {
        /// More bytes than `PolicyBounds.lengthMaximumBytes`.
        case tooLarge(lengthBytes: Int)
        /// Brackets, dashes or indentation deeper than `PolicyBounds.depthMaximum`.
        case tooDeep
        case notYAML(problem: String)
        /// Anchors and aliases can make a small file huge; policies do without.
        case aliasRefused(name: String)
        /// A key, fact, operator or verdict that does not exist.
        case unknownName(what: String, name: String, nearest: String?)
        case wrongType(name: String, expected: String)
        case missing(name: String, place: String)
        case duplicate(what: String, name: String)
        case unsupportedVersion(String)
        /// More rules, conditions or pattern characters than a policy may have.
        case tooMany(what: String, maximum: Int)
    }

    /// The name the policy was loaded under, usually its file's.
    public let policy: String
    /// Counted from 1; 0 when the problem has no line.
    public let line: Int
    public let problem: Problem

    public var description: String {
        (line > 0 ? "\(policy):\(line): " : "\(policy): ") + problem.text
    }
}

extension PolicyError.Problem {
    fileprivate var text: String {
        switch self {
        case .tooLarge(let length): "\(length) bytes, more than the \(PolicyBounds.lengthMaximumBytes) a file may have"
        case .tooDeep: "nested or indented deeper than \(PolicyBounds.depthMaximum)"
        case .notYAML(let problem): "not YAML: \(problem)"
        case .aliasRefused(let name): "'\(name)': anchors and aliases are not allowed; quote the text if none is meant"
        case .unknownName(let what, let name, let nearest): "unknown \(what) '\(name)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .wrongType(let name, let expected): "'\(name)' must be \(expected)"
        case .missing(let name, let place): "'\(name)' is missing in \(place)"
        case .duplicate(let what, let name): "\(what) '\(name)' stands twice"
        case .unsupportedVersion(let version): "version '\(version)' is not supported; this release reads version 1"
        case .tooMany(let what, let maximum): "more than \(maximum) \(what)"
        }
    }
}

/// Bounds on a policy file, so that loading and evaluating it is always cheap.
public enum PolicyBounds {
    public static let lengthMaximumBytes = 262_144
    public static let depthMaximum = 64
    public static let rulesMaximum = 1_000
    public static let conditionsMaximum = 10_000
    /// Characters in one glob.
    public static let patternMaximum = 256
}

/// Finds the known name that a misspelt one was probably meant to be.
enum NearestName {
    /// The candidate with the smallest edit distance, the first of equals; nil when none is close.
    static func of(_ name: String, in candidates: [String]) -> String? {
        let length = name.utf8.count
        guard length > 0, length <= 64 else { return nil }
        let scored = candidates.map { (distance: distance(Array(name.utf8), Array($0.utf8)), name: $0) }
        guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= max(2, length / 3) else { return nil }
        return best.name
    }

    /// Levenshtein distance, a swap of neighbours counting as one.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var best = min(last[column + 1], current[column]) + 1
                best = min(best, last[column] + (byte == other ? 0 : 1))
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other { best = min(best, beforeLast[column - 1] + 1) }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
