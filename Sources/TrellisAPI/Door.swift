// Who asks: from a request's head to the client that sent it, before anything of its body is read; and every refusal as a problem document
// with the challenges of RFC 6750 and RFC 9421.

import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import TrellisAccess
import TrellisCrypto

struct Door: Sendable {
    let access: ListenerAccess

    /// Seconds since 1970.
    static func now() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970)) }

    /// A request that was let in.
    struct Admission: Sendable {
        /// Nil without credentials.
        var client: AccessClient?
        /// What the body must hash to, where the client signed it.
        var digest: Digest?

        func check(_ body: [UInt8]) throws(Problem) {
            guard let digest, HashSuite.sha256.hash(body) != digest else { return }
            throw .refused(.badSignature(.otherBody), [])
        }
    }

    /// - Throws: 401 or 403, unless the route is for everybody or the request's client may use it.
    func admit(_ request: Request, _ route: Route, hasBody: Bool, channel: any Channel) throws(Problem) -> Admission {
        guard let permission = route.permission else { return Admission() }
        do throws(AccessRefusal) {
            let (message, port) = (RequestMessage(request), channel.localAddress?.port ?? 0)
            let admitted = try access.admit(message, for: permission, hasBody: hasBody, port: port, now: Self.now())
            // To whomever else the listener is open: what is for this machine alone is not for pages of others that are read on it.
            if admitted == nil, route.changesValidator, let name = access.strangeName(in: message, port: port) { throw .stranger(name) }
            return Admission(client: admitted?.client, digest: admitted?.digest)
        } catch {
            let submission = route.method == .get ? [] : [RequestSignature.submissionComponent]
            throw .refused(error, RequestSignature.components + (hasBody ? RequestSignature.bodyComponents : []) + submission)
        }
    }
}

extension RequestMessage {
    init(_ request: Request) {
        var fields: [String: String] = [:]
        for field in request.headers {
            let name = field.name.canonicalName
            fields[name] = fields[name].map { "\($0), \(field.value)" } ?? field.value
        }
        self.init(
            method: request.method.rawValue, authority: request.head.authority ?? "", target: request.head.path ?? "", fields: fields)
    }
}

extension Problem {
    /// `components` is what a signature on such a request has to cover; empty where that is not worth saying.
    static func refused(_ refusal: AccessRefusal, _ components: [String]) -> Problem {
        let realm = "Bearer realm=\"trellis\""
        var problem: Problem
        switch refusal {
        case .noCredentials:
            problem = Problem(
                .unauthorized, "no-credentials", "Who asks?", "this needs a signature (RFC 9421) or a bearer token (RFC 6750)")
            problem.challenge = realm
        case .stranger(let name):
            return .init(
                .forbidden, "other-host", "Another host",
                "'\(name.prefix(255))' is no name of this machine here: ask 127.0.0.1, or have its operator name it in 'authorities'")
        case .ambiguous(let what):
            problem = Problem(.unauthorized, "bad-credentials", "Unclear credentials", what)
            problem.challenge = realm + ", error=\"invalid_request\""
        case .badToken:
            problem = Problem(.unauthorized, "bad-token", "Unknown token", "no client here has this token")
            problem.challenge = realm + ", error=\"invalid_token\""
        case .badSignature(let fault):
            problem = Problem(.unauthorized, "bad-signature", "Bad signature", fault.description)
            problem.challenge = realm
        case .notPermitted(let client, let permission):
            problem = Problem(
                .forbidden, "not-permitted", "Not permitted", "the client '\(client)' may not do this: it needs '\(permission.rawValue)'")
            problem.challenge = realm + ", error=\"insufficient_scope\", scope=\"\(permission.rawValue)\""
            return problem
        }
        if !components.isEmpty {
            problem.signature = "trellis=(\(components.map { "\"\($0)\"" }.joined(separator: " ")));created;keyid"
        }
        return problem
    }
}
