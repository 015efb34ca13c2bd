// What a council file says about judges that are asked over the network, and why one gave no verdict.

public import TrellisModel

/// Whom to ask, how long to wait, and where a connection may go.
public struct RemoteEndpoint: Sendable, Equatable {
    public static let timeoutStandard: Milliseconds = 5_000
    public static let responseBytesStandard = 64 << 10
    public static let responseBytesMaximum = 4 << 20
    public static let retriesMaximum = 5
    public static let callsMaximum = 64

    public let url: String
    /// For everything together: looking up the name, connecting, all attempts.
    public var timeout: Milliseconds = timeoutStandard
    /// Attempts after the first, where an answer says that it is worth it or none came.
    public var retries = 1
    /// The most bytes of an answer.
    public var responseBytes = responseBytesStandard
    /// The environment variable with the bearer token; nil: none is sent.
    public var tokenVariable: String?
    /// Kinds of addresses besides public ones that a connection may go to.
    public var allowed: Set<AddressKind> = []
    /// Calls in flight at once; more wait.
    public var calls = 8

    public init(url: String) { self.url = url }
}

/// An endpoint that answers with verdicts, or with decisions of Open Policy Agent's data API.
public struct HTTPPlan: Sendable, Equatable {
    public enum Style: String, Sendable, CaseIterable {
        case trellis, opa
    }

    public var endpoint: RemoteEndpoint
    public var style: Style
}

/// A chat-completions endpoint with structured output.
public struct ChatPlan: Sendable, Equatable {
    public var endpoint: RemoteEndpoint
    public var model: String
    /// The most tokens of an answer.
    public var tokens: Int
}

/// The seat that asks.
public struct SeatBrief: Sendable, Equatable {
    public let council: String
    public let seat: String
    public let mandate: String

    public init(council: String, seat: String, mandate: String) {
        self.council = council
        self.seat = seat
        self.mandate = mandate
    }
}

/// Why no verdict came. Its text is the reason of an abstention, so it says nothing that only this machine should know.
enum RemoteFailure: Error, Equatable, CustomStringConvertible {
    case badURL
    case noToken(variable: String)
    case unresolved(host: String)
    case refusedAddress(host: String, AddressKind)
    case timedOut(Milliseconds)
    case noConnection
    case redirected(Int)
    case status(Int)
    case tooLarge(limit: Int)
    case notJSON(type: String)
    case unexpected(String)
    case refusal(String)
    case injected(String)

    var description: String {
        switch self {
        case .badURL: "its judge's address is none"
        case .noToken(let variable): "there is no token in \(variable)"
        case .unresolved(let host): "\(host) cannot be found"
        case .refusedAddress(let host, let kind): "\(host) is a \(kind.rawValue) address, which is not allowed"
        case .timedOut(let limit): "its judge did not answer within \(limit) ms"
        case .noConnection: "its judge cannot be reached"
        case .redirected(let status): "its judge redirects elsewhere (\(status)), which is not followed"
        case .status(let status): "its judge answered with status \(status)"
        case .tooLarge(let limit): "its judge's answer has more than \(limit) bytes"
        case .notJSON(let type): "its judge answered with no JSON" + (type.isEmpty ? "" : " but \(type)")
        case .unexpected(let what): "its judge's answer \(what)"
        case .refusal(let text): "its model refused: \(text)"
        case .injected(let what): "the proposal tries to instruct its judge: \(what)"
        }
    }

    /// Whether another attempt may go better.
    var isTransient: Bool {
        switch self {
        case .noConnection: true
        case .status(let status): [408, 425, 429, 500, 502, 503, 504].contains(status)
        default: false
        }
    }
}
