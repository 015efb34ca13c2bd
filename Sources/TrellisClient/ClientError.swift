// What can go wrong between a client and a validator, with what a person needs to know about it.

public import TrellisCrypto
public import TrellisModel
public import TrellisVerify

/// An RFC 9457 problem document, as the API sends them.
public struct ProblemDocument: Sendable, Equatable, Decodable {
    /// `urn:trellis:problem:` and a name.
    public let type: String
    public let title: String
    public let status: Int
    public let detail: String
    /// Seconds after which the validator would be asked again, where it says so.
    public internal(set) var retryAfter: Int?

    private enum CodingKeys: CodingKey { case type, title, status, detail }

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
    /// A key or token that cannot be used here.
    case invalidCredentials(String)
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
    /// No validator gave a proven decision in time. The proposal may be in the ledger: the same draft with the same key gives the same one.
    case undecided(proposal: Digest, idempotencyKey: String, reason: String)
    /// The task was cancelled. What was sent may be in the ledger.
    case cancelled
    /// The validator handed out sealing keys that are not those of genesis's validators.
    case badKeys(SealingKeysError)
    /// What was to be sealed cannot be.
    case sealing(EnvelopeError)
    /// There is no sealing key of a validator that was to be a recipient.
    case noSealingKey(ValidatorIndex)

    public var description: String {
        switch self {
        case .invalidEndpoint(let text): "'\(text)' is not the address of an HTTP API"
        case .invalidCredentials(let reason): reason
        case .unreachable(let endpoint, let reason): "no answer from \(endpoint): \(reason)"
        case .timedOut(let endpoint): "no answer from \(endpoint) in time"
        case .problem(let problem): "\(problem.title.lowercased()): \(problem.detail)"
        case .unexpectedAnswer(let status, let reason): "unexpected answer with status \(status): \(reason)"
        case .badReceipt(let error): "the validator sent a bad receipt: \(error)"
        case .otherReceipt: "the validator sent the receipt of another entry"
        case .undecided(let proposal, _, let reason): "no proven decision on \(proposal) in time: \(reason)"
        case .cancelled: "cancelled"
        case .badKeys(let error): "the validator sent bad sealing keys: \(error)"
        case .sealing(let error): "it cannot be sealed: \(error)"
        case .noSealingKey(let index): "there is no sealing key of validator \(index)"
        }
    }

    /// What a person may do about it.
    public var hint: String? {
        switch self {
        case .invalidEndpoint: "write it like http://127.0.0.1:8080"
        case .unreachable, .timedOut: "is the validator running there? 'trellis dev' starts a network on this machine"
        case .invalidCredentials: nil
        case .problem(let problem) where problem.status == 401:
            "show who asks: --key FILE or --token-env NAME; the validator's operator names its clients"
        case .problem(let problem) where problem.status == 429: "the validator is busy: try again in a moment"
        case .problem, .unexpectedAnswer, .cancelled, .sealing, .noSealingKey: nil
        case .undecided(_, let key, _): "ask again with the idempotency key '\(key)': it stays one proposal"
        case .badReceipt, .otherReceipt, .badKeys: "do not trust this validator; ask another one"
        }
    }
}

extension ClientError {
    /// What to do after an error.
    enum Remedy {
        /// The same question, to the same validator or another, after a pause.
        case again
        /// The same question, to another validator only: this one is behind, or lies.
        case elsewhere
        case none
    }

    var remedy: Remedy {
        switch self {
        case .unreachable, .timedOut: .again
        case .problem(let problem) where problem.status == 429 || problem.status >= 500: .again
        // Not yet, or never.
        case .problem(let problem) where problem.status == 404: problem.retryAfter == nil ? .elsewhere : .again
        case .unexpectedAnswer, .badReceipt, .otherReceipt, .badKeys: .elsewhere
        case .problem, .invalidEndpoint, .invalidCredentials, .undecided, .cancelled, .sealing, .noSealingKey: .none
        }
    }
}
