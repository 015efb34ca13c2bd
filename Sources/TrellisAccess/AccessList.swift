// Who may ask a validator for what: its clients, each with a key or a token, and the rule for listeners that anybody can reach. Tokens are kept
// as hashes.

public import TrellisCrypto
import TrellisModel

/// What a client may do.
public enum Permission: String, Sendable, CaseIterable {
    /// Put proposals to councils.
    case propose
    /// Put records into the log.
    case records
    /// Read the ledger: proposals, decisions, records, receipts, events, the committee.
    case read
    /// See how the validator is: status and metrics.
    case operate
}

/// One client of a validator.
public struct AccessClient: Sendable, Equatable {
    public static let nameMaximum = 64

    public enum Credential: Sendable, Equatable {
        /// A key of one of `ProposerSignature.schemes`.
        case key(SignatureSchemeIdentifier, publicKey: [UInt8])
        /// The SHA-256 of a bearer token.
        case token(hash: Digest)
    }

    public let name: String
    public let credential: Credential
    public let permissions: Set<Permission>

    public init(name: String, credential: Credential, permissions: Set<Permission>) {
        self.name = name
        self.credential = credential
        self.permissions = permissions
    }

    /// What the ledger knows it by, as a proposer.
    public var identifier: Digest {
        switch credential {
        case .key(_, let publicKey): Proposer.keyName(publicKey)
        case .token(let hash): Proposer.tokenName(ofHash: hash)
        }
    }
}

/// Bearer tokens (RFC 6750): 32 random bytes in text.
public enum AccessToken {
    /// Bytes of randomness.
    public static let size = 32
    /// The longest that is looked at.
    public static let textMaximum = 512
    private static let prefix = "trellis_"

    /// The token of 32 random bytes. The prefix tells people, and programs that look for leaked secrets, what it is.
    public static func text(of bytes: [UInt8]) -> String { prefix + Hex.encode(bytes) }

    /// What is kept of a token.
    public static func hash(of text: String) -> Digest { HashSuite.sha256.hash(Array(text.utf8)) }

    /// The token in an Authorization field; nil where it is of another scheme, or longer than any token.
    public static func bearer(_ authorization: String) -> String? {
        let parts = authorization.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0].lowercased() == "bearer", parts[1].utf8.count <= textMaximum else { return nil }
        return parts[1]
    }

    /// Whether two hashes are the same. How long it takes does not depend on where they differ.
    public static func isEqual(_ left: Digest, _ right: Digest) -> Bool {
        left.withBytes { left in
            right.withBytes { right in
                left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
            }
        }
    }
}

public enum AccessError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooManyClients
    case badName(String)
    case repeatedName(String)
    case repeatedCredential(String, String)
    case badKey(client: String, reason: String)
    case badAuthority(String)
    /// Others than this machine can reach the listener, and nothing says who they are, or that this is meant.
    case openToOthers(host: String)
    /// The listener takes requests under every address, so nothing says for whom one was signed.
    case noAuthorities(host: String)

    public var description: String {
        switch self {
        case .tooManyClients: "more than \(AccessList.clientsMaximum) clients"
        case .badName(let name): "'\(name.prefix(80))' is no name of a client: 1 to \(AccessClient.nameMaximum) of A-Z a-z 0-9 . _ @ -"
        case .repeatedName(let name): "two clients are called '\(name)'"
        case .repeatedCredential(let first, let second): "the clients '\(first)' and '\(second)' have one key or token"
        case .badKey(let client, let reason): "the key of the client '\(client)': \(reason)"
        case .badAuthority(let text): "'\(text.prefix(80))' is no host or host:port"
        case .openToOthers(let host): "the API would listen on \(host), open to whoever reaches it"
        case .noAuthorities(let host): "clients sign the address that they ask, and \(host) is none"
        }
    }

    /// What a person may do about it.
    public var hint: String? {
        switch self {
        case .openToOthers: "name its 'clients', listen on 127.0.0.1, or write 'open: true'"
        case .noAuthorities: "write 'authorities: [HOST:PORT]', as clients have it in their URL (the proxy's, where there is one)"
        default: nil
        }
    }
}

/// A validator's clients.
public struct AccessList: Sendable, Equatable {
    public static let clientsMaximum = 1024

    public let clients: [AccessClient]
    /// Whether requests without credentials are served; nil: on this machine's own addresses alone.
    public let isOpen: Bool?
    /// Under which addresses (host, or host:port) clients ask; empty: the listener's own.
    public let authorities: [String]

    /// No clients: open to this machine, closed to all others.
    public static let local = AccessList()

    private init() {
        clients = []
        isOpen = nil
        authorities = []
    }

    public init(clients: [AccessClient], isOpen: Bool? = nil, authorities: [String] = []) throws(AccessError) {
        guard clients.count <= Self.clientsMaximum else { throw .tooManyClients }
        var names: Set<String> = []
        var owners: [Digest: String] = [:]
        for client in clients {
            guard Self.isName(client.name) else { throw .badName(client.name) }
            guard names.insert(client.name).inserted else { throw .repeatedName(client.name) }
            if let other = owners.updateValue(client.name, forKey: client.identifier) { throw .repeatedCredential(other, client.name) }
            guard case .key(let identifier, let publicKey) = client.credential else { continue }
            guard let scheme = ProposerSignature.schemes.first(where: { $0.identifier == identifier }) else {
                throw .badKey(client: client.name, reason: "it is not of ML-DSA")
            }
            do { _ = try scheme.verifyingKey(publicKey) } catch { throw .badKey(client: client.name, reason: "\(error)") }
        }
        for authority in authorities where !Self.isAuthority(authority) { throw .badAuthority(authority) }
        self.clients = clients
        self.isOpen = isOpen
        self.authorities = authorities.map { $0.lowercased() }
    }

    /// ASCII that needs no quotes anywhere.
    private static func isName(_ name: String) -> Bool {
        let isCharacter = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || ".-_@".utf8.contains(byte)
        }
        return (1...AccessClient.nameMaximum).contains(name.utf8.count) && name.utf8.allSatisfy(isCharacter)
    }

    private static func isAuthority(_ text: String) -> Bool {
        (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"/?#@\"\\".utf8.contains($0) }
    }

    /// The list as it holds for a listener.
    ///
    /// - Throws: `AccessError.openToOthers`, `noAuthorities`.
    public func listening(on host: String) throws(AccessError) -> ListenerAccess {
        let isLocal = ListenerAccess.isLoopback(host)
        guard isLocal || isOpen != nil || !clients.isEmpty else { throw .openToOthers(host: host) }
        let isWildcard = ["", "0.0.0.0", "::", "*"].contains(host)
        let hasKeys = clients.contains { if case .key = $0.credential { true } else { false } }
        guard !isWildcard || !hasKeys || !authorities.isEmpty else { throw .noAuthorities(host: host) }
        let own = (isLocal ? ["127.0.0.1", "localhost", "[::1]"] : []) + [host.contains(":") ? "[\(host)]" : host.lowercased()]
        return ListenerAccess(
            clients: clients, isOpen: isOpen ?? isLocal, isForThisMachine: isOpen == nil,
            addresses: authorities.isEmpty ? .hosts(Set(own)) : .authorities(Set(authorities)))
    }
}
