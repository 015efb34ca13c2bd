// What goes wrong, as RFC 9457 problem documents. Every error that leaves the API is one of these.

import HTTPTypes
import Hummingbird
import TrellisJSON
import TrellisModel
import TrellisNode

/// A problem document and the status and headers it travels with.
struct Problem: Error, Sendable {
    static let contentType = "application/problem+json"

    let status: HTTPResponse.Status
    /// The last part of `type`, which is `urn:trellis:problem:` and this.
    let name: String
    let title: String
    let detail: String
    var allow: String?
    /// Seconds.
    var retryAfter: Int?
    /// WWW-Authenticate.
    var challenge: String?
    /// Accept-Signature (RFC 9421 §5.1).
    var signature: String?

    init(_ status: HTTPResponse.Status, _ name: String, _ title: String, _ detail: String, retryAfter: Int? = nil) {
        self.status = status
        self.name = name
        self.title = title
        self.detail = detail
        self.retryAfter = retryAfter
    }

    var response: Response {
        let document = JSON.members([
            "type": .string("urn:trellis:problem:\(name)"), "title": .string(title), "status": .integer(status.code),
            "detail": .string(detail),
        ])
        var response = Response(status: status, contentType: Self.contentType, bytes: document.bytes)
        response.headers[.allow] = allow
        response.headers[.retryAfter] = retryAfter.map { String($0) }
        response.headers[.wwwAuthenticate] = challenge
        if let name = HTTPField.Name("Accept-Signature") { response.headers[name] = signature }
        return response
    }
}

extension Problem {
    static func badRequest(_ detail: String) -> Problem { Problem(.badRequest, "bad-request", "Bad request", detail) }

    static func malformedJSON(_ error: JSONError) -> Problem {
        Problem(.badRequest, "malformed-json", "Malformed JSON", error.description)
    }

    /// Names what is unknown and what was most likely meant.
    static func unknown(_ what: String, _ name: String, known: [String]) -> Problem {
        let hint = nearestName(to: name, among: known).map { "; did you mean '\($0)'?" } ?? "; known are \(known.joined(separator: ", "))"
        let shown = String(name.unicodeScalars.prefix(64))
        return Problem(.badRequest, "unknown-\(what)", "Unknown \(what)", "there is no \(what) '\(shown)' here\(hint)")
    }

    static func missing(_ what: String, _ detail: String, retryAfter: Int? = nil) -> Problem {
        Problem(.notFound, what, "Not found", detail, retryAfter: retryAfter)
    }

    static func forbidden(_ detail: String) -> Problem { Problem(.forbidden, "forbidden", "Forbidden", detail) }

    static func methodNotAllowed(_ method: String, allow: [String]) -> Problem {
        var problem = Problem(
            .methodNotAllowed, "method-not-allowed", "Method not allowed",
            "this resource takes \(allow.joined(separator: ", ")), not \(method.prefix(32))")
        problem.allow = allow.joined(separator: ", ")
        return problem
    }

    static func tooLarge(_ detail: String) -> Problem { Problem(.contentTooLarge, "too-large", "Too large", detail) }

    static var tooManyBodies: Problem {
        Problem(
            .serviceUnavailable, "too-many-bodies", "Too many large bodies", "as many bytes of bodies are held as there may be",
            retryAfter: 1)
    }

    static func unsupportedContent(_ detail: String) -> Problem {
        Problem(.unsupportedMediaType, "unsupported-content", "Unsupported content", detail)
    }

    static func unprocessable(_ name: String, _ detail: String) -> Problem {
        Problem(.unprocessableContent, name, "Cannot be processed", detail)
    }

    init(_ error: NodeError) {
        switch error {
        case .stopped: self.init(.serviceUnavailable, "stopped", "Stopped", error.description, retryAfter: 5)
        case .overloaded: self.init(.tooManyRequests, "overloaded", "Overloaded", error.description, retryAfter: 1)
        case .tooLarge: self = .tooLarge(error.description)
        case .unknownCouncil: self = .unprocessable("unknown-council", error.description)
        case .refusedSealing: self = .unprocessable("sealing", error.description)
        case .invalid: self = .unprocessable("invalid", error.description)
        case .tooSoon: self.init(.tooManyRequests, "too-soon", "Too soon", error.description, retryAfter: 1)
        case .timedOut: self.init(.gatewayTimeout, "timed-out", "Timed out", error.description)
        // The text of a storage error names files, which are nobody's business here.
        case .storage: self.init(.internalServerError, "storage", "Storage error", "the validator cannot read its ledger")
        }
    }
}
