// What a council file says about judges that are asked over the network, and why one gave no verdict.

public import TrellisModel

/// Whom to ask, how long to wait, and where a connection may go.
public struct RemoteEndpoint: Sendable, Equatable {
    public static let timeoutStandard: Milliseconds = 5_000
    public static let responseBytesStandard = 64 << 10
    public static let responseBytesMaximum = 4 << 20
    public static let retriesMaximum = 5
    public static let callsMaximum = 64
    public static let redirectsMaximum = 3

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
    /// Redirects that are followed in one attempt, each to an address of an allowed kind, with the token only to the same server.
    public var redirects = 0
    /// A file with the certificates, in PEM, of which one must have signed the judge's; nil: those that the system trusts.
    public var certificates: String?
    /// Whether requests that were sealed to this validator go there too.
    public var takesSealed = false

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
    public static let tokensKeyStandard = "max_tokens"

    public var model: String
    /// The most tokens of an answer.
    public var tokens: Int
    /// What the endpoint calls that limit.
    public var tokensKey = tokensKeyStandard
    /// A JSON number as it is sent; nil: the endpoint's own. Models that think before they answer refuse any.
    public var temperature: String?
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

/// Why no verdict came: in full for the log of this machine, and in fixed words for the vote, which the whole world keeps.
enum RemoteFailure: Error, Equatable, CustomStringConvertible {
    case badURL
    case noToken(variable: String)
    case unresolved(host: String)
    case refusedAddress(host: String, AddressKind)
    case timedOut(Milliseconds)
    case noConnection
    case unencrypted(host: String)
    case insecure(String)
    case noCertificates(path: String)
    case redirected(Int)
    case status(Int)
    case tooLarge(limit: Int)
    case notJSON(type: String)
    case unexpected(String)
    case refusal(String)
    case injected(String)
    case sealed

    /// The reason of the abstention. It names no host, no file, no setting, and nothing that the other side wrote.
    var reason: String {
        switch self {
        case .badURL, .noToken, .noCertificates: "its judge is not set up"
        case .unresolved, .noConnection: "its judge cannot be reached"
        case .refusedAddress, .unencrypted: "its judge is at an address that is not allowed"
        case .insecure: "its judge cannot be reached securely"
        case .timedOut: "its judge did not answer in time"
        case .redirected: "its judge redirects elsewhere"
        case .status: "its judge answered with an error"
        case .tooLarge: "its judge's answer is too long"
        case .notJSON, .unexpected: "its judge's answer is no verdict"
        case .refusal: "its model refused to judge"
        case .injected: "the proposal tries to instruct its judge"
        case .sealed: "its judge is not shown sealed requests"
        }
    }

    var description: String {
        switch self {
        case .badURL: "its judge's address is none"
        case .noToken(let variable): "there is no token in \(variable)"
        case .unresolved(let host): "\(host) cannot be found"
        case .refusedAddress(let host, let kind): "\(host) is a \(kind.rawValue) address, which is not allowed"
        case .unencrypted(let host): "\(host) has a public address, to which nothing goes unencrypted"
        case .insecure(let problem): "its judge has no connection by TLS to offer that is trusted: \(problem)"
        case .noCertificates(let path): "there are no certificates in \(path)"
        case .timedOut(let limit): "its judge did not answer within \(limit) ms"
        case .noConnection: "its judge cannot be reached"
        case .redirected(let status): "its judge redirects elsewhere (\(status)), which is not allowed"
        case .status(let status): "its judge answered with status \(status)"
        case .tooLarge(let limit): "its judge's answer has more than \(limit) bytes"
        case .notJSON(let type): "its judge answered with no JSON" + (type.isEmpty ? "" : " but \(type)")
        case .unexpected(let what): "its judge's answer \(what)"
        case .refusal(let text): "its model refused: \(text)"
        case .sealed: "its judge is not shown sealed requests"
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
