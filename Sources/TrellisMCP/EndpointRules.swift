// What may be asked of the HTTP endpoint, by whom, and how much of it at once; without a socket.

import HTTPTypes
import Synchronization
import TrellisAccess
import TrellisCrypto
import TrellisJSON

/// Which requests are looked at.
struct EndpointRules: Sendable {
    static let path = "/mcp"

    /// Whether only this machine reaches the listener.
    let isLocal: Bool
    /// The hash of the token that every request needs.
    let token: Digest?

    struct Refusal: Error, Equatable {
        let status: HTTPResponse.Status
        let reason: String

        init(_ status: HTTPResponse.Status, _ reason: String) {
            self.status = status
            self.reason = reason
        }
    }

    func refusal(method: HTTPRequest.Method, path: String, host: String, headers: HTTPFields) -> Refusal? {
        // First of all: a page that a person looks at must learn nothing here. A name of its own that leads to this machine (DNS rebinding)
        // stands in the Host of what it sends, also where it sends no Origin.
        if let origin = headers[.origin], !Self.isLocal(origin: origin) {
            return Refusal(.forbidden, "requests of other origins are refused")
        }
        if isLocal, !ListenerAccess.isLoopback(authority: host[...]) { return Refusal(.forbidden, "this machine has no such name here") }
        if let token {
            let shown = headers[.authorization].flatMap(AccessToken.bearer)
            guard let shown, AccessToken.isEqual(AccessToken.hash(of: shown), token) else {
                return Refusal(.unauthorized, "the token is missing, or another one")
            }
        }
        guard path == Self.path else { return Refusal(.notFound, "the endpoint is \(Self.path)") }
        guard method == .post else { return Refusal(.methodNotAllowed, "there are no sessions and no streams: POST") }
        guard Self.mediaTypes(headers[.contentType]) == ["application/json"] else {
            return Refusal(.unsupportedMediaType, "Content-Type must be application/json")
        }
        guard Self.mediaTypes(headers[.accept] ?? "*/*").contains(where: { ["application/json", "application/*", "*/*"].contains($0) })
        else {
            return Refusal(.notAcceptable, "answers are application/json")
        }
        return nil
    }

    /// What a request's headers say of its body.
    static func mirrored(_ headers: HTTPFields) -> MirroredHeaders {
        func value(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
        return MirroredHeaders(revision: value("MCP-Protocol-Version"), method: value("Mcp-Method"), name: value("Mcp-Name"))
    }

    /// How HTTP says of a request without a handshake that it failed.
    static func status(of fault: Fault) -> HTTPResponse.Status {
        switch fault.code {
        case -32601: .notFound
        case -32700, -32600, -32602, -32020, -32022: .badRequest
        default: .ok
        }
    }

    /// Whether a page from this machine asks.
    static func isLocal(origin: String) -> Bool {
        ListenerAccess.authority(ofOrigin: origin).map { ListenerAccess.isLoopback(authority: $0) } ?? false
    }

    private static func mediaTypes(_ header: String?) -> [String] {
        (header ?? "").split(separator: ",").map { type in type.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" } }
    }
}

/// The bytes of bodies that may be held at once, by all requests together.
final class BodyBudget: Sendable {
    private let free: Mutex<Int>

    init(bytes: Int) { free = Mutex(bytes) }

    func take(_ count: Int) -> Bool {
        free.withLock { free in
            guard count <= free else { return false }
            free -= count
            return true
        }
    }

    func giveBack(_ count: Int) { free.withLock { $0 += count } }
}

/// What one request has taken of a budget. Given back at the end at the latest, however that comes.
final class BodyShare: Sendable {
    private let budget: BodyBudget
    private let taken = Mutex(0)

    init(of budget: BodyBudget) { self.budget = budget }

    func take(_ count: Int) -> Bool {
        guard budget.take(count) else { return false }
        taken.withLock { $0 += count }
        return true
    }

    func giveBack() {
        budget.giveBack(
            taken.withLock { taken in
                defer { taken = 0 }
                return taken
            })
    }

    deinit { giveBack() }
}
