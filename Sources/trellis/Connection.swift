// Which validator a command talks to.

import ArgumentParser
import Foundation
import TrellisClient
import TrellisModel

struct Connection: ParsableArguments {
    @Option(help: "The validator's HTTP API. TRELLIS_ENDPOINT stands in when it is not given.")
    var endpoint: String = ProcessInfo.processInfo.environment["TRELLIS_ENDPOINT"] ?? UnverifiedClient.defaultEndpoint

    /// Runs `body` with a client of the validator, and shuts the client down.
    func withClient<Value>(_ body: (UnverifiedClient) async throws -> Value) async throws -> Value {
        let client: UnverifiedClient
        do { client = try UnverifiedClient(endpoint: endpoint) } catch {
            throw Failure(error.description, hint: error.hint, code: Exit.usage)
        }
        return try await Self.use(client, { try await $0.shutdown() }, body)
    }

    /// Runs `body` with a client that proves what it hands on, and shuts the client down.
    func withClient<Value>(genesis: Genesis, _ body: (TrellisClient) async throws -> Value) async throws -> Value {
        let client: TrellisClient
        do {
            client = try TrellisClient(endpoints: [endpoint], genesis: genesis)
        } catch let error as ClientError {
            throw Failure(error.description, hint: error.hint, code: Exit.usage)
        } catch {
            throw Failure("\(error)", code: Exit.usage)
        }
        return try await Self.use(client, { try await $0.shutdown() }, body)
    }

    private static func use<Client, Value>(
        _ client: Client, _ shutdown: (Client) async throws -> Void, _ body: (Client) async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await body(client)
            try? await shutdown(client)
            return value
        } catch {
            try? await shutdown(client)
            throw error
        }
    }
}
