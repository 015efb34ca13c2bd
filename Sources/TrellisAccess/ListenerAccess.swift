// What one listener makes of a request's credentials: the client that asks, or why it is none. Takes the time as an input.

public import TrellisCrypto
import TrellisModel

/// Why a request is not let in.
public enum AccessRefusal: Error, Sendable, Equatable {
    /// It carries no credentials, and needs some.
    case noCredentials
    /// It carries none, and comes by a name, or from a page, that is not this machine's.
    case stranger(String)
    /// A field that is none, or two kinds of credentials at once.
    case ambiguous(String)
    /// No client has this token.
    case badToken
    case badSignature(SignatureFault)
    case notPermitted(client: String, Permission)
}

/// An access list on one listener.
public struct ListenerAccess: Sendable {
    /// Whether requests without credentials are served.
    public let isOpen: Bool
    /// Under which addresses clients ask.
    enum Addresses: Sendable {
        case authorities(Set<String>)
        /// With the listener's port, or with none.
        case hosts(Set<String>)
    }

    /// Whether those without credentials must come from this machine by a name of its own: nothing says that others may ask.
    private let isForThisMachine: Bool
    private let addresses: Addresses
    private let keys: [String: (client: AccessClient, key: any VerifyingKey)]
    private let tokens: [(client: AccessClient, hash: Digest)]
    private let names: [Digest: String]

    init(clients: [AccessClient], isOpen: Bool, isForThisMachine: Bool, addresses: Addresses) {
        self.isOpen = isOpen
        self.isForThisMachine = isForThisMachine
        self.addresses = addresses
        var keys: [String: (client: AccessClient, key: any VerifyingKey)] = [:]
        var tokens: [(client: AccessClient, hash: Digest)] = []
        for client in clients {
            switch client.credential {
            case .key(let identifier, let publicKey):
                guard let key = try? SignatureScheme.identified(identifier)?.verifyingKey(publicKey) else { continue }
                keys[client.identifier.description] = (client, key)
            case .token(let hash): tokens.append((client, hash))
            }
        }
        self.keys = keys
        self.tokens = tokens
        names = Dictionary(clients.map { ($0.identifier, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// What this validator calls the client that the ledger knows by this identifier.
    public func name(of proposer: Digest) -> String? { names[proposer] }

    /// The client that sent a request, by its head alone: nothing of the body has to be there yet. Nil for one without credentials, on an open
    /// listener. Where the client signed a body, `digest` is what the body must hash to.
    ///
    /// - Parameters:
    ///   - port: the listener's.
    ///   - now: seconds since 1970.
    public func admit(
        _ message: RequestMessage, for permission: Permission, hasBody: Bool, port: Int, now: UInt64
    ) throws(AccessRefusal) -> (client: AccessClient, digest: Digest?)? {
        let fields = message.fields
        let admitted: (client: AccessClient, digest: Digest?)
        switch (fields["authorization"], fields["signature-input"], fields["signature"]) {
        case (nil, nil, nil):
            guard isOpen else { throw .noCredentials }
            if isForThisMachine, let name = strangeName(in: message, port: port) { throw .stranger(name) }
            return nil
        case (let header?, nil, nil): admitted = (try client(authorization: header), nil)
        case (nil, let input?, let signature?):
            do throws(SignatureFault) {
                guard isOwn(message.authority, port: port) else { throw .otherAuthority(message.authority) }
                admitted = try client(input, signature, message, hasBody: hasBody, now: now)
            } catch {
                throw .badSignature(error)
            }
        case (_?, _, _): throw .ambiguous("Authorization and a signature at once")
        default: throw .ambiguous("one of Signature-Input and Signature without the other")
        }
        guard admitted.client.permissions.contains(permission) else { throw .notPermitted(client: admitted.client.name, permission) }
        return admitted
    }

    private func client(authorization: String) throws(AccessRefusal) -> AccessClient {
        guard let token = AccessToken.bearer(authorization) else { throw .ambiguous("Authorization holds no bearer token") }
        let hash = AccessToken.hash(of: token)
        // Every token is compared, and every byte of it: how long it takes says nothing of any.
        var found: AccessClient?
        for (client, known) in tokens where AccessToken.isEqual(known, hash) { found = client }
        guard let found else { throw .badToken }
        return found
    }

    private func client(
        _ input: String, _ value: String, _ message: RequestMessage, hasBody: Bool, now: UInt64
    ) throws(SignatureFault) -> (client: AccessClient, digest: Digest?) {
        // Those of proxies on the way name keys that are nobody's here.
        let known = try RequestSignature.read(input: input, signature: value).filter { keys[$0.keyIdentifier] != nil }
        guard let signature = known.first, let (client, key) = keys[signature.keyIdentifier] else { throw .unknownKey }
        guard known.count == 1 else { throw .malformed("signatures of several clients") }
        try signature.check(message, now: now, hasBody: hasBody)
        try signature.verify(message, key: key)
        return (client, hasBody ? try ContentDigest.digest(in: message.fields["content-digest"] ?? "") : nil)
    }

    /// A name of this machine that is none, by which a page in a browser on it may ask: its own, which leads here (DNS rebinding), or its origin's.
    package func strangeName(in message: RequestMessage, port: Int) -> String? {
        let isKnown = { (authority: String) in isOwn(authority, port: port) || Self.isLoopback(authority: authority[...]) }
        guard isKnown(message.authority) else { return message.authority }
        guard let origin = message.fields["origin"]?.lowercased() else { return nil }
        return Self.authority(ofOrigin: origin).map { isKnown(String($0)) } ?? false ? nil : origin
    }

    private func isOwn(_ authority: String, port: Int) -> Bool {
        switch addresses {
        case .authorities(let known): known.contains(authority)
        case .hosts(let known): known.contains(authority) || known.contains { authority == "\($0):\(port)" }
        }
    }

    /// Host and port of a page's origin; nil for an opaque one.
    package static func authority(ofOrigin origin: String) -> Substring? {
        ["http://", "https://"].first { origin.hasPrefix($0) }.map { origin.dropFirst($0.count) }
    }

    /// Whether `authority` is a name of this machine that no page can take, with a port or without.
    package static func isLoopback(authority: Substring) -> Bool {
        let isBracketed = authority.hasPrefix("[")
        let host = isBracketed ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        let port = authority.dropFirst(host.count + (isBracketed ? 2 : 0))
        guard !isBracketed || authority.contains("]") else { return false }
        let isPort = port.isEmpty || (port.hasPrefix(":") && UInt16(port.dropFirst()) != nil)
        return isPort && isLoopback(host.lowercased())
    }

    /// Whether only this machine reaches a listener on `host`.
    public static func isLoopback(_ host: String) -> Bool {
        let bytes = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return host == "localhost" || host == "::1" || (bytes.count == 4 && bytes[0] == 127 && !bytes.contains(nil))
    }
}
