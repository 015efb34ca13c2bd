// A council as its file describes it: seats with weights and mandates, what approval takes, and how each seat judges. Keys are not in
// it: they are made with the network, one for each seat, and stand in the genesis.

public import TrellisModel

/// What a council file says, as `docs/councils.md` describes it.
public struct CouncilFile: Sendable {
    public struct Seat: Sendable {
        /// Unique in its council.
        public let name: String
        public let weight: UInt64
        /// What the seat is to look at.
        public let mandate: String
        /// The signature scheme of its key.
        public let scheme: String
        /// The validator that holds it; nil: the next in turn.
        public let validator: String?
        public let evaluator: EvaluatorPlan
    }

    public static let nameMaximum = 64
    /// What a seat's key is made with unless its file says otherwise.
    public static let standardScheme = "ML-DSA-87"
    /// The most bytes of a file.
    public static let bytesMaximum = PolicyBounds.lengthMaximumBytes

    public let name: String
    /// What approval takes; the floor of it, where the threshold adapts.
    public let thresholdPermille: UInt64
    /// Whether the threshold follows the level of the network.
    public let isAdaptive: Bool
    /// How long its proposals stay open.
    public let deadline: Milliseconds
    public let seats: [Seat]

    /// Reads a council file.
    ///
    /// - Parameter file: what to call it in errors.
    public init(yaml: String, file: String) throws(PolicyError) {
        var reader = CouncilReader(file: file)
        self = try reader.read(yaml)
    }

    init(name: String, thresholdPermille: UInt64, isAdaptive: Bool = false, deadline: Milliseconds, seats: [Seat]) {
        self.name = name
        self.thresholdPermille = thresholdPermille
        self.isAdaptive = isAdaptive
        self.deadline = deadline
        self.seats = seats
    }

    public var weight: UInt64 { seats.reduce(0) { $0 + $1.weight } }
    /// The least that it can be, where the threshold adapts.
    public var approvalWeight: UInt64 { Council.approvalWeight(of: weight, thresholdPermille: thresholdPermille) }
}

/// How a seat comes to its verdict.
public enum EvaluatorPlan: Sendable {
    /// By rules over the proposal, in this process.
    case rules(Policy)
    /// By an HTTP endpoint.
    case http(HTTPPlan)
    /// By a language model.
    case chat(ChatPlan)

    /// A word for people.
    public var name: String {
        switch self {
        case .rules: "rules"
        case .http(let plan): plan.style == .opa ? "http, Open Policy Agent" : "http"
        case .chat(let plan): "openai, \(plan.model)"
        }
    }
}

/// How a council file differs from the genesis in which its council stands. What is in the genesis holds; a file that says otherwise was
/// changed after it, or is another one's.
public enum CouncilMismatch: Error, Sendable, Equatable, CustomStringConvertible {
    case unknown(council: String, known: [String])
    /// More or fewer seats than there are keys for.
    case seats(council: String, file: Int, keys: Int)
    case seat(council: String, place: Int, file: String, genesis: String)
    case differs(council: String, what: String, file: String, genesis: String)

    public var description: String {
        switch self {
        case .unknown(let council, let known): "genesis has no council '\(council)'; there is \(known.joined(separator: ", "))"
        case .seats(let council, let file, let keys):
            "council '\(council)' has \(file) seats in its file, but genesis has \(keys) keys for it"
        case .seat(let council, let place, let file, let genesis):
            "seat \(place) of council '\(council)' is '\(file)' in its file and '\(genesis)' in genesis"
        case .differs(let council, let what, let file, let genesis):
            "council '\(council)': \(what) is \(file) in its file and \(genesis) in genesis"
        }
    }
}

extension CouncilFile {
    /// Throws unless genesis has this very council: its seats in their order, with these weights and mandates, and with the validators that the
    /// file names.
    public func check(against genesis: Genesis) throws(CouncilMismatch) {
        guard let council = genesis.councils.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            throw .unknown(council: name, known: genesis.councils.map(\.name))
        }
        guard council.seats.count == seats.count else {
            throw .seats(council: name, file: seats.count, keys: council.seats.count)
        }
        try agree("the threshold", "\(thresholdPermille)", "\(council.thresholdPermille)")
        try agree("whether the threshold adapts", "\(isAdaptive)", "\(council.isAdaptive)")
        try agree("the deadline", "\(deadline)", "\(council.deadline)")
        for (place, (own, other)) in zip(seats, council.seats).enumerated() {
            guard own.name.utf8.elementsEqual(other.name.utf8) else {
                throw .seat(council: name, place: place, file: own.name, genesis: other.name)
            }
            try agree("the weight of '\(own.name)'", "\(own.weight)", "\(other.weight)")
            try agree("the scheme of '\(own.name)'", own.scheme, other.scheme)
            if let validator = own.validator {
                let holder = Int(other.validator) < genesis.validators.count ? genesis.validators[Int(other.validator)].name : ""
                try agree("the validator of '\(own.name)'", validator, holder)
            }
            guard own.mandate.utf8.elementsEqual(other.mandate.utf8) else {
                throw .differs(council: name, what: "the mandate of '\(own.name)'", file: "another", genesis: "another")
            }
        }
    }

    private func agree(_ what: String, _ file: String, _ genesis: String) throws(CouncilMismatch) {
        guard file.utf8.elementsEqual(genesis.utf8) else { throw .differs(council: name, what: what, file: file, genesis: genesis) }
    }
}
