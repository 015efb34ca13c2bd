// Which councils a proposal needs: one, all of several, or any of several. Written as words between their names, which have no spaces.

/// What a proposal's `council` says: `legal`, `legal and visual`, `legal or visual`.
public enum CouncilNeed: Sendable, Equatable {
    case one(String)
    /// Approved when every one of them approves, rejected as soon as one rejects.
    case all([String])
    /// Approved as soon as one approves, rejected when every one of them rejects.
    case any([String])

    public static let councilsMaximum = 8
    /// The most bytes of the text.
    public static let textMaximum = councilsMaximum * Council.nameMaximum + (councilsMaximum - 1) * 5

    /// Nil unless the text names 1 to 8 different councils with `and` or `or`, and one space, between them.
    public init?(_ text: String) {
        let words = text.utf8.split(separator: 0x20, omittingEmptySubsequences: false).map { String(Substring($0)) }
        let names = stride(from: 0, to: words.count, by: 2).map { words[$0] }
        let between = Set(stride(from: 1, to: words.count, by: 2).map { words[$0] })
        guard words.count % 2 == 1, (1...Self.councilsMaximum).contains(names.count), !names.contains(""),
            Set(names.map { Array($0.utf8) }).count == names.count
        else { return nil }
        switch between {
        case []: self = .one(names[0])
        case ["and"]: self = .all(names)
        case ["or"]: self = .any(names)
        default: return nil
        }
    }

    /// In the order in which they are named.
    public var councils: [String] {
        switch self {
        case .one(let name): [name]
        case .all(let names), .any(let names): names
        }
    }

    /// What the councils' outcomes come to; nil while it is open. `outcomes` has one for each council, nil while that one is open.
    public func outcome(_ outcomes: [Outcome?]) -> Outcome? {
        switch self {
        case .one: return outcomes.first ?? nil
        case .all:
            if outcomes.contains(.rejected) { return .rejected }
            if outcomes.allSatisfy({ $0 == .approved }) { return .approved }
        case .any:
            if outcomes.contains(.approved) { return .approved }
            if outcomes.allSatisfy({ $0 == .rejected }) { return .rejected }
        }
        // No ballot is open, and a sealed one could turn it.
        return outcomes.contains(nil) ? nil : .sealed
    }
}

extension Proposal {
    /// Nil when `council` names none.
    public var need: CouncilNeed? { CouncilNeed(council) }
}

extension Committee {
    /// The councils that a need names, with their places in genesis; nil when there is one that genesis does not have.
    public func councils(of need: CouncilNeed) -> [(index: Int, council: Council)]? {
        var found: [(index: Int, council: Council)] = []
        for name in need.councils {
            guard let council = council(named: name) else { return nil }
            found.append(council)
        }
        return found
    }

    /// The councils that vote on a proposal; nil when it names any that genesis does not have.
    public func councils(of proposal: Proposal) -> [(index: Int, council: Council)]? { proposal.need.flatMap(councils(of:)) }
}
