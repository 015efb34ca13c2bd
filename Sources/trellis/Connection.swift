// Which validator a command talks to, and as whom.

import ArgumentParser
import Foundation
import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisNode

struct Connection: ParsableArguments {
    @Option(help: "The validator's HTTP API. TRELLIS_ENDPOINT stands in when it is not given.")
    var endpoint: String = ProcessInfo.processInfo.environment["TRELLIS_ENDPOINT"] ?? UnverifiedClient.defaultEndpoint

    @Option(
        help: ArgumentHelp(
            "A key file of 'trellis client keygen': signs every request and every proposal. Its passphrase is read from TRELLIS_PASSPHRASE.",
            valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("The environment variable that holds a bearer token.", valueName: "name"))
    var tokenEnv: String?

    func validate() throws {
        guard key == nil || tokenEnv == nil else { throw ValidationError("--key and --token-env exclude one another") }
    }

    private func credentials(_ genesis: Genesis?) throws -> Credentials? {
        if let tokenEnv {
            guard let token = ProcessInfo.processInfo.environment[tokenEnv], !token.isEmpty else {
                throw Failure("the environment variable \(tokenEnv) is not set", code: Exit.usage)
            }
            return .token(token.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        guard let key else { return nil }
        let file = try Keys.open(key, try Passphrase.current(file: nil).read(isNew: false))
        guard let entry = file.entries.first(where: { $0.role == ClientKeygen.role }) else {
            throw KeyFileError.missingRole(path: key, role: ClientKeygen.role)
        }
        guard let chain = file.chainID ?? genesis?.chain else {
            throw Failure(
                "a proposal is signed for one chain, and \(key) names none",
                hint: "make the key with --genesis FILE, or give this command one", code: Exit.usage)
        }
        return .key(entry.key, chain: chain)
    }

    /// Runs `body` with a client of the validator, and shuts the client down.
    func withClient<Value>(_ body: (UnverifiedClient) async throws -> Value) async throws -> Value {
        let client: UnverifiedClient
        let credentials = try credentials(nil)
        do { client = try UnverifiedClient(endpoint: endpoint, credentials: credentials) } catch {
            throw Failure(error.description, hint: error.hint, code: Exit.usage)
        }
        return try await Self.use(client, { try await $0.shutdown() }, body)
    }

    /// Runs `body` with a client that proves what it hands on, and shuts the client down.
    func withClient<Value>(genesis: Genesis, _ body: (TrellisClient) async throws -> Value) async throws -> Value {
        let client: TrellisClient
        let credentials = try credentials(genesis)
        do {
            client = try TrellisClient(endpoints: [endpoint], genesis: genesis, credentials: credentials)
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
