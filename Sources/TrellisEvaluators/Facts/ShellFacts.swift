// What is known about one command line. Facts only accumulate: a later command never takes back what an earlier one showed.

/// Facts about a command line, from a full parse of it. The same text and working directory give the same facts everywhere.
public struct ShellFacts: Sendable, Equatable {
    private var flags: Set<FactName> = []
    private var counts: [FactName: Int] = [:]
    private var lists: [FactName: [String]] = [:]
    private var seen: [FactName: Set<String>] = [:]

    /// No facts: every flag false, every count zero, every list empty.
    public init() {}

    /// The facts of `command`, run in `workingDirectory` (absolute) when that is known.
    ///
    /// Never fails: a text that cannot be parsed has the fact `parse_error` and whatever a scan of its characters shows.
    public init(command: String, workingDirectory: String? = nil) {
        self = CommandWalker.facts(of: command, workingDirectory: workingDirectory)
    }

    /// The value of one fact.
    public subscript(name: FactName) -> FactValue {
        switch name.kind {
        case .flag: .flag(flags.contains(name))
        case .count: .count(counts[name] ?? 0)
        case .list: .list(lists[name] ?? [])
        }
    }

    /// All facts by the names that policies use.
    public var values: [String: FactValue] {
        Dictionary(FactName.allCases.map { ($0.rawValue, self[$0]) }) { first, _ in first }
    }

    /// The names of the facts that are true, above zero or not empty, in catalogue order.
    public var present: [FactName] { FactName.allCases.filter { self[$0].isTrue } }

    mutating func set(_ name: FactName, if condition: Bool = true) {
        if condition { flags.insert(name) }
    }

    mutating func set(_ name: FactName, to count: Int) { counts[name] = count }

    mutating func append(_ value: String, to name: FactName) {
        guard seen[name, default: []].insert(value).inserted else { return }
        lists[name, default: []].append(value)
    }

    func has(_ name: FactName) -> Bool { self[name].isTrue }

    func list(_ name: FactName) -> [String] { lists[name] ?? [] }
}
