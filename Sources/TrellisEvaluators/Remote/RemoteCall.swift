// One question over HTTP, asked so that no answer and no silence can hurt: bounded in time, in bytes, in attempts and in redirects, each time
// to an address that was looked at first.

import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TrellisModel

struct RemoteCall: Sendable {
    let endpoint: RemoteEndpoint

    /// Posts JSON and returns the JSON that came back.
    func ask(_ body: JSONValue) async throws(RemoteFailure) -> JSONValue {
        try await Deadline.run(within: endpoint.timeout) { try await attempts(Array(body.serialized.utf8)) }
    }

    private func attempts(_ body: [UInt8]) async throws -> JSONValue {
        guard let first = RemoteLocation(endpoint.url) else { throw RemoteFailure.badURL }
        let token = try token()
        var attempt = 0
        while true {
            do {
                return try await follow(from: first, body, token, attempt)
            } catch let failure as RemoteFailure where failure.isTransient && attempt < endpoint.retries {
                attempt += 1
                // Doubled each time, and never the same for all who wait.
                let pause = Double(min(2000, 100 << attempt)) * Double.random(in: 0.5...1.5)
                try await Task.sleep(for: .milliseconds(Int(pause)))
            }
        }
    }

    private enum Outcome {
        case answer(JSONValue)
        case redirect(status: Int, to: String)
    }

    /// Asks where the judge is, and where it says it has gone, as often as is allowed.
    private func follow(from first: RemoteLocation, _ body: [UInt8], _ token: String?, _ attempt: Int) async throws -> JSONValue {
        var location = first
        var token = token
        var hops = 0
        while true {
            let addresses = try await addresses(of: location)
            switch try await exchange(location, addresses[attempt % addresses.count], body, token) {
            case .answer(let answer): return answer
            case .redirect(let status, let target):
                guard hops < endpoint.redirects, let next = RemoteLocation(target, from: location) else {
                    throw RemoteFailure.redirected(status)
                }
                // It was given for that server, and for no other.
                if !next.isOfServer(of: location) { token = nil }
                location = next
                hops += 1
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
    private func addresses(of location: RemoteLocation) async throws -> [NetworkAddress] {
        let host = location.host
        let found = try await NIOThreadPool.singleton.runIfActive { NetworkAddress.resolve(host) }
        guard !found.isEmpty else { throw RemoteFailure.unresolved(host: host) }
        for address in found where address.kind != .open && !endpoint.allowed.contains(address.kind) {
            throw RemoteFailure.refusedAddress(host: host, address.kind)
        }
        // Only a network of one's own is trusted with what anyone on the way can read.
        if !location.isEncrypted, found.contains(where: { $0.kind == .open }) { throw RemoteFailure.unencrypted(host: host) }
        return found
    }

    private func exchange(
        _ location: RemoteLocation, _ address: NetworkAddress, _ body: [UInt8], _ token: String?
    ) async throws -> Outcome {
        var request = HTTPClientRequest(url: location.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "trellis")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        request.body = .bytes(ByteBuffer(bytes: body))
        let key = RemoteClients.Key(
            host: location.host, address: address.text, certificates: location.isEncrypted ? endpoint.certificates : nil)
        do {
            return try await RemoteClients.shared.with(key) { client in
                try await read(try await client.execute(request, timeout: .milliseconds(Int64(clamping: endpoint.timeout))))
            }
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: any Error) -> RemoteFailure {
        switch error {
        case let failure as RemoteFailure: failure
        case is NIOTooManyBytesError: .tooLarge(limit: endpoint.responseBytes)
        case let error as HTTPClientError where error == .deadlineExceeded: .timedOut(endpoint.timeout)
        case let error as HTTPClientError where error == .tlsHandshakeTimeout: .insecure("no handshake in time")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: .insecure("\(error)")
        default: .noConnection
        }
    }

    private func read(_ response: HTTPClientResponse) async throws -> Outcome {
        let status = Int(response.status.code)
        // 303 asks for something else to be read (RFC 9110 §15.4.4), not for the question to be put there.
        if [301, 302, 307, 308].contains(status), let target = response.headers.first(name: "Location") {
            return .redirect(status: status, to: target)
        }
        guard !(300...399).contains(status) else { throw RemoteFailure.redirected(status) }
        guard (200...299).contains(status) else { throw RemoteFailure.status(status) }
        let buffer = try await response.body.collect(upTo: endpoint.responseBytes)
        do {
            return .answer(try JSONValue(json: Array(buffer.readableBytesView)))
        } catch {
            let type = response.headers.first(name: "Content-Type") ?? ""
            throw RemoteFailure.notJSON(type: String(type.prefix { $0 != ";" }))
        }
    }
}
