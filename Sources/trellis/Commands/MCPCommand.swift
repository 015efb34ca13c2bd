// `trellis mcp`: the committee as tools of the Model Context Protocol, for hosts of AI agents. A client of a validator, never inside one.

import ArgumentParser
import Foundation
import Logging
import TrellisMCP

struct MCPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mcp", abstract: "Serve the committee as tools to AI agents (Model Context Protocol).",
        discussion: """
            Speaks on standard input and output, or with --http over HTTP at /mcp. \
            Exit codes: 0 the client went or a signal came, 1 failure, 2 usage.
            """)

    @Option(help: "The genesis file that receipts are verified with.")
    var genesis: String

    @Option(help: ArgumentHelp("Serve HTTP on this port of 127.0.0.1 instead, or on host:port.", valueName: "port"))
    var http: String?

    @Option(
        help: ArgumentHelp(
            "The environment variable with the token that requests over HTTP need; required where others can reach the address.",
            valueName: "name"))
    var httpTokenEnv: String?

    @OptionGroup var connection: Connection

    @OptionGroup var implementation: ImplementationOption

    func run() async throws {
        implementation.select()
        let address = try http.map { text throws(Failure) in try Self.address(text) }
        let token = try httpToken()
        let genesis = try Files.genesis(genesis)
        try await connection.withClient(genesis: genesis) { client in
            let server = MCPServer(client: client, version: Trellis.configuration.version)
            guard let address else { return await StdioSession.run(server) }
            try await Self.serve(server, address, token)
        }
    }

    private func httpToken() throws -> String? {
        guard let httpTokenEnv else { return nil }
        let token = ProcessInfo.processInfo.environment[httpTokenEnv, default: ""].trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty else { throw Failure("the environment variable \(httpTokenEnv) is not set", code: Exit.usage) }
        return token
    }

    private static func serve(_ server: MCPServer, _ address: (host: String, port: Int), _ token: String?) async throws {
        var logger = Logger(label: "trellis") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        do {
            let endpoint = try HTTPEndpoint(server, host: address.host, port: address.port, token: token, logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await endpoint.run { port in Terminal.error("serves http://\(address.host):\(port)/mcp") }
                }
                group.addTask { await StopSignal().wait() }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch EndpointError.openToOthers(let host) {
            throw Failure(
                "\(EndpointError.openToOthers(host: host))", hint: "--http-token-env NAME, or an address of this machine", code: Exit.usage)
        } catch let error as EndpointError {
            throw Failure(error.description, hint: "choose another port: --http")
        }
    }

    private static func address(_ text: String) throws(Failure) -> (host: String, port: Int) {
        let digits = text.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
        guard let port = UInt16(digits) else { throw Failure("--http must be port or host:port, not '\(text)'", code: Exit.usage) }
        let host = text.dropLast(digits.count + 1)
        guard host.hasPrefix("[") == host.hasSuffix("]") else { throw Failure("--http has an unclosed '['", code: Exit.usage) }
        return (host.isEmpty ? "127.0.0.1" : String(host.drop { $0 == "[" }.prefix { $0 != "]" }), Int(port))
    }
}
