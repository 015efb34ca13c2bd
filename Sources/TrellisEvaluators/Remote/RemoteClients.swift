// Connections that outlive one question: a client for each host, the address that it was looked up at, and the certificates it is to show.
// A client connects to its one address whatever the name says by then, so that sharing it loosens nothing.

import AsyncHTTPClient
import NIOCore
import NIOSSL
import Synchronization

final class RemoteClients: Sendable {
    struct Key: Hashable, Sendable {
        let host: String
        let address: String
        /// The file of the certificates that are trusted; nil: the system's.
        let certificates: String?
    }

    private struct Entry {
        let client: HTTPClient
        var users: Int
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses: UInt64 = 0
    }

    static let shared = RemoteClients()
    /// More are kept only while all are in use.
    private static let clientsMaximum = 64

    private let state = Mutex(State())

    /// Runs `body` with the client for `key`, which is not closed meanwhile.
    func with<Value>(_ key: Key, _ body: (HTTPClient) async throws -> Value) async throws -> Value {
        let client = try take(key)
        defer { giveBack(key) }
        return try await body(client)
    }

    private func take(_ key: Key) throws -> HTTPClient {
        let (client, idle) = try state.withLock { state throws -> (HTTPClient, HTTPClient?) in
            state.uses += 1
            if var entry = state.entries[key] {
                entry.users += 1
                entry.lastUse = state.uses
                state.entries[key] = entry
                return (entry.client, nil)
            }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try Self.configuration(key))
            let oldest = state.entries.filter { $0.value.users == 0 }.min { $0.value.lastUse < $1.value.lastUse }
            let idle = state.entries.count < Self.clientsMaximum ? nil : oldest.flatMap { state.entries.removeValue(forKey: $0.key) }
            state.entries[key] = Entry(client: client, users: 1, lastUse: state.uses)
            return (client, idle?.client)
        }
        if let idle { Task { try? await idle.shutdown() } }
        return client
    }

    private func giveBack(_ key: Key) { state.withLock { $0.entries[key]?.users -= 1 } }

    private static func configuration(_ key: Key) throws -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [key.host: key.address]
        configuration.connectionPool.retryConnectionEstablishment = false
        // Each seat has a bound of its own; a judge that is slow for one must not make others wait here.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 4096
        // Before most servers close what is idle: a question on a connection that just closes is lost.
        configuration.connectionPool.idleTimeout = .seconds(4)
        if let path = key.certificates {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(try certificates(path))
            configuration.tlsConfiguration = tls
        }
        return configuration
    }

    /// The certificates of a file in PEM; at least one.
    static func certificates(_ path: String) throws(RemoteFailure) -> [NIOSSLCertificate] {
        guard let found = try? NIOSSLCertificate.fromPEMFile(path), !found.isEmpty else { throw .noCertificates(path: path) }
        return found
    }
}
