// Which validator a command talks to.

import ArgumentParser
import Foundation
import TrellisClient
import TrellisModel

struct Connection: ParsableArguments {
    @Option(help: "The validator's HTTP API. TRELLIS_ENDPOINT stands in when it is not given.")
    var endpoint: String = ProcessInfo.processInfo.environment["TRELLIS_ENDPOINT"] ?? TrellisClient.defaultEndpoint

    /// Runs `body` with a client and shuts the client down.
    func withClient<Value>(genesis: Genesis? = nil, _ body: (TrellisClient) async throws -> Value) async throws -> Value {
        let client: TrellisClient
        do {
            client = try TrellisClient(endpoint: endpoint, genesis: genesis)
        } catch let error as ClientError {
            throw Failure(error.description, hint: error.hint, code: Exit.usage)
        } catch {
            throw Failure("\(error)", code: Exit.usage)
        }
        do {
            let value = try await body(client)
            try? await client.shutdown()
            return value
        } catch {
            try? await client.shutdown()
            throw error
        }
    }
}
