// What can go wrong between a client and a validator, with what a person needs to know about it.

public import TrellisVerify

/// An RFC 9457 problem document, as the API sends them.
public struct ProblemDocument: Sendable, Equatable, Decodable {
    /// `urn:trellis:problem:` and a name.
    public let type: String
    public let title: String
    public let status: Int
    public let detail: String

    public init(type: String, title: String, status: Int, detail: String) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
    }

    /// The last part of `type`.
    public var name: String { String(type.split(separator: ":").last ?? "") }
}

public enum ClientError: Error, Sendable, CustomStringConvertible {
    case invalidEndpoint(String)
    /// Nobody answered, or the connection broke.
    case unreachable(endpoint: String, reason: String)
    case timedOut(endpoint: String)
    /// The validator refused.
    case problem(ProblemDocument)
    /// The answer is not what this API gives.
    case unexpectedAnswer(status: Int, reason: String)
    /// The validator handed out a receipt that does not verify, or one of something else.
    case badReceipt(ReceiptError)
    case otherReceipt

    public var description: String {
        switch self {
        case .invalidEndpoint(let text): "'\(text)' is not the address of an HTTP API"
        case .unreachable(let endpoint, let reason): "no answer from \(endpoint): \(reason)"
        case .timedOut(let endpoint): "no answer from \(endpoint) in time"
        case .problem(let problem): "\(problem.title.lowercased()): \(problem.detail)"
        case .unexpectedAnswer(let status, let reason): "unexpected answer with status \(status): \(reason)"
        case .badReceipt(let error): "the validator sent a bad receipt: \(error)"
        case .otherReceipt: "the validator sent the receipt of another entry"
        }
    }

    /// What a person may do about it.
    public var hint: String? {
        switch self {
        case .invalidEndpoint: "write it like http://127.0.0.1:8080"
        case .unreachable, .timedOut: "is the validator running there? 'trellis dev' starts a network on this machine"
        case .problem(let problem) where problem.status == 429: "the validator is busy: try again in a moment"
        case .problem, .unexpectedAnswer: nil
        case .badReceipt, .otherReceipt: "do not trust this validator; ask another one"
        }
    }
}
