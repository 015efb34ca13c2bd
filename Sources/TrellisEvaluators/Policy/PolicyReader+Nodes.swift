// Typed access to YAML nodes: each reader returns the wanted type or an error that names the line and the name.
import Yams

extension PolicyReader {
    func error(_ line: Int, _ problem: PolicyError.Problem) -> PolicyError { PolicyError(policy: policy, line: line, problem: problem) }

    func line(of node: Node?) -> Int { node?.mark?.line ?? 0 }

    func unknown(_ what: String, _ name: String, among known: [String], at node: Node) -> PolicyError {
        error(line(of: node), .unknownName(what: what, name: name.printable(maximumBytes: 80), nearest: NearestName.of(name, in: known)))
    }

    func mapping(_ node: Node, named name: String, keys: [String]) throws(PolicyError) -> [String: Node] {
        guard case .mapping(let mapping) = node else { throw error(line(of: node), .wrongType(name: name, expected: "a mapping")) }
        var entries: [String: Node] = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw error(line(of: key), .wrongType(name: name, expected: "a mapping with plain keys"))
            }
            guard keys.contains(scalar.string) else { throw unknown("key", scalar.string, among: keys, at: key) }
            guard entries.updateValue(value, forKey: scalar.string) == nil else {
                throw error(line(of: key), .duplicate(what: "key", name: scalar.string))
            }
        }
        return entries
    }

    func require(_ name: String, in entries: [String: Node], of node: Node, place: String) throws(PolicyError) -> Node {
        guard let value = entries[name] else { throw error(line(of: node), .missing(name: name, place: place)) }
        return value
    }

    func sequence(_ node: Node, named name: String) throws(PolicyError) -> [Node] {
        guard case .sequence(let sequence) = node else { throw error(line(of: node), .wrongType(name: name, expected: "a list")) }
        return Array(sequence)
    }

    func text(_ node: Node, named name: String) throws(PolicyError) -> String {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            throw error(line(of: node), .wrongType(name: name, expected: "a text"))
        }
        return scalar.string
    }

    /// One text or a list of them.
    func texts(_ node: Node, named name: String) throws(PolicyError) -> [String] {
        guard case .sequence = node else { return [try text(node, named: name)] }
        var texts: [String] = []
        for item in try sequence(node, named: name) { texts.append(try text(item, named: name)) }
        return texts
    }

    func patterns(_ node: Node, named name: String) throws(PolicyError) -> [GlobPattern] {
        try texts(node, named: name).map { pattern throws(PolicyError) in
            guard pattern.unicodeScalars.count <= PolicyBounds.patternMaximum else {
                throw error(line(of: node), .tooMany(what: "characters in a pattern", maximum: PolicyBounds.patternMaximum))
            }
            return GlobPattern(pattern)
        }
    }

    func flag(_ node: Node, named name: String) throws(PolicyError) -> Bool {
        switch try text(node, named: name) {
        case "true": return true
        case "false": return false
        default: throw error(line(of: node), .wrongType(name: name, expected: "true or false"))
        }
    }

    func decimal(_ node: Node, named name: String) throws(PolicyError) -> DecimalNumber {
        guard let value = DecimalNumber(try text(node, named: name)) else {
            throw error(line(of: node), .wrongType(name: name, expected: "a number"))
        }
        return value
    }

    func integer(_ node: Node, named name: String) throws(PolicyError) -> Int {
        guard let value = Int(try text(node, named: name)) else {
            throw error(line(of: node), .wrongType(name: name, expected: "a whole number"))
        }
        return value
    }
}
