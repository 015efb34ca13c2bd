// One question over HTTP, asked so that no answer and no silence can hurt: bounded in time, in bytes and in attempts, to an address that was
// looked at first. Redirects are not followed: where they lead is the other side's choice.

import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TrellisModel

struct RemoteCall: Sendable {
    let endpoint: RemoteEndpoint

    /// Posts JSON and returns the JSON that came back.
    func ask(_ body: JSONValue) async throws(RemoteFailure) -> JSONValue {
        try await Deadline.run(within: endpoint.timeout) { try await attempts(Array(body.serialized.utf8)) }
    }

    private func attempts(_ body: [UInt8]) async throws -> JSONValue {
        guard let url = URL(string: endpoint.url), let host = url.host(), !host.isEmpty else { throw RemoteFailure.badURL }
        let token = try token()
        let addresses = try await addresses(of: host)
        var attempt = 0
        while true {
            do {
                return try await once(body, host, addresses[attempt % addresses.count], token)
            } catch let failure as RemoteFailure where failure.isTransient && attempt < endpoint.retries {
                attempt += 1
                // Doubled each time, and never the same for all who wait.
                let pause = Double(min(2000, 100 << attempt)) * Double.random(in: 0.5...1.5)
                try await Task.sleep(for: .milliseconds(Int(pause)))
            }
        }
    }

    private func token() throws -> String? {
        guard let variable = endpoint.tokenVariable else { return nil }
        guard let token = ProcessInfo.processInfo.environment[variable], !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw RemoteFailure.noToken(variable: variable) }
        return token
    }

    /// Every address must be of an allowed kind: a name with several must not lead elsewhere by chance.
    private func addresses(of host: String) async throws -> [NetworkAddress] {
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let found = try await NIOThreadPool.singleton.runIfActive { NetworkAddress.resolve(name) }
        guard !found.isEmpty else { throw RemoteFailure.unresolved(host: host) }
        for address in found where address.kind != .open && !endpoint.allowed.contains(address.kind) {
            throw RemoteFailure.refusedAddress(host: host, address.kind)
        }
        return found
    }

    /// Connects to this very address, whatever the name says by then.
    private func once(_ body: [UInt8], _ host: String, _ address: NetworkAddress, _ token: String?) async throws -> JSONValue {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        configuration.dnsOverride = [host: address.text]
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<JSONValue, any Error>
        do {
            result = .success(try await exchange(client, body, token))
        } catch {
            result = .failure(error)
        }
        try? await client.shutdown()
        return try result.get()
    }

    private func exchange(_ client: HTTPClient, _ body: [UInt8], _ token: String?) async throws -> JSONValue {
        var request = HTTPClientRequest(url: endpoint.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "trellis")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await client.execute(request, timeout: .milliseconds(Int64(clamping: endpoint.timeout)))
            return try await read(response)
        } catch let failure as RemoteFailure {
            throw failure
        } catch is NIOTooManyBytesError {
            throw RemoteFailure.tooLarge(limit: endpoint.responseBytes)
        } catch {
            throw RemoteFailure.noConnection
        }
    }

    private func read(_ response: HTTPClientResponse) async throws -> JSONValue {
        let status = Int(response.status.code)
        guard !(300...399).contains(status) else { throw RemoteFailure.redirected(status) }
        guard (200...299).contains(status) else { throw RemoteFailure.status(status) }
        let buffer = try await response.body.collect(upTo: endpoint.responseBytes)
        do {
            return try JSONValue(json: Array(buffer.readableBytesView))
        } catch {
            let type = response.headers.first(name: "Content-Type") ?? ""
            throw RemoteFailure.notJSON(type: String(type.prefix { $0 != ";" }))
        }
    }
}

/// Waits for work, but no longer than a given time, whether or not the work can be interrupted.
enum Deadline {
    static func run<Value: Sendable>(
        within limit: Milliseconds, _ work: @escaping @Sendable () async throws -> Value
    ) async throws(RemoteFailure) -> Value {
        let outcome = Outcome<Value>()
        let task = Task { await outcome.settle { try await work() } }
        let timer = Task {
            try? await Task.sleep(for: .milliseconds(limit))
            if !Task.isCancelled { outcome.settle(.failure(RemoteFailure.timedOut(limit))) }
        }
        let result = await outcome.value
        timer.cancel()
        task.cancel()
        switch result {
        case .success(let value): return value
        case .failure(let failure as RemoteFailure): throw failure
        case .failure: throw .noConnection
        }
    }

    /// The first result, for whoever waits.
    private final class Outcome<Value: Sendable>: Sendable {
        private enum State {
            case open
            case awaited(CheckedContinuation<Result<Value, any Error>, Never>)
            case settled(Result<Value, any Error>)
        }

        private let state = Mutex(State.open)

        func settle(_ work: () async throws -> Value) async {
            do { settle(.success(try await work())) } catch { settle(.failure(error)) }
        }

        func settle(_ result: Result<Value, any Error>) {
            let waiting = state.withLock { state -> CheckedContinuation<Result<Value, any Error>, Never>? in
                switch state {
                case .open:
                    state = .settled(result)
                    return nil
                case .awaited(let continuation):
                    state = .settled(result)
                    return continuation
                case .settled: return nil
                }
            }
            waiting?.resume(returning: result)
        }

        var value: Result<Value, any Error> {
            get async {
                await withCheckedContinuation { continuation in
                    let known = state.withLock { state -> Result<Value, any Error>? in
                        if case .settled(let result) = state { return result }
                        state = .awaited(continuation)
                        return nil
                    }
                    if let known { continuation.resume(returning: known) }
                }
            }
        }
    }
}
