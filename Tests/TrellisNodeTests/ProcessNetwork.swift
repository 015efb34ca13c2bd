// A network of `trellis node` processes with clients to all of them, and how its ledgers are compared.

import Foundation
import Logging
import Testing
import TrellisClient
import TrellisCrypto
import TrellisModel
import TrellisNode

final class ProcessNetwork {
    let folder: String
    let directory: String
    let validators: Int
    let peerPort: Int
    let apiPort: Int
    let genesis: Genesis
    private(set) var processes: [Int: TrellisProcess] = [:]
    private let clients: [UnverifiedClient]

    /// Makes a network and starts none of it.
    private init(_ validators: Int, in folder: String, name: String) async throws {
        self.folder = folder
        self.validators = validators
        directory = "\(folder)/\(name)"
        peerPort = try Ports.free(2 * validators)
        apiPort = peerPort + validators
        let arguments = [
            "network", "init", "--validators", "\(validators)", "--out", directory, "--peer-port", "\(peerPort)", "--api-port",
            "\(apiPort)",
        ]
        let made = try await TrellisProcess.run(arguments, in: folder)
        try #require(made.code == 0, "\(made.error)")
        genesis = try Genesis(json: Files.read("\(directory)/genesis.json"))
        let apiPort = apiPort
        clients = try (0..<validators).map { try UnverifiedClient(endpoint: "http://127.0.0.1:\(apiPort + $0)") }
    }

    /// Makes a network, starts it where asked to, and ends whatever runs of it after `body`.
    static func with(
        _ validators: Int = 4, starts: Bool = true, in folder: String? = nil, name: String = "network",
        _ body: (ProcessNetwork) async throws -> Void
    ) async throws {
        guard let folder else { return try await withFolder { try await with(validators, starts: starts, in: $0, name: name, body) } }
        let network = try await ProcessNetwork(validators, in: folder, name: name)
        do {
            if starts { try await network.start(Array(0..<validators)) }
            try await body(network)
        } catch {
            await network.end()
            throw error
        }
        await network.end()
    }

    private func end() async {
        for process in processes.values where process.isRunning { process.kill(SIGKILL) }
        processes = [:]
        for client in clients { try? await client.shutdown() }
    }

    func configuration(_ index: Int) -> String { NetworkSetup.configurationPath(directory, index) }
    func data(_ index: Int) -> String { "\(directory)/validator-\(index)/data" }
    func client(_ index: Int) -> UnverifiedClient { clients[index] }
    func process(_ index: Int) throws -> TrellisProcess { try #require(processes[index]) }

    /// Starts validators and waits until they serve.
    func start(_ indices: [Int]) async throws {
        for index in indices { try launch(index) }
        for index in indices { try await serves(index) }
    }

    func launch(_ index: Int) throws {
        // A crash is told of at once: looking up the names of a debug build's symbols takes minutes.
        processes[index] = try TrellisProcess(
            ["node", "--config", configuration(index)], in: folder, environment: ["SWIFT_BACKTRACE": "symbolicate=off"])
    }

    func serves(_ index: Int) async throws {
        let process = try process(index)
        try await eventually("validator \(index) is ready") {
            guard process.isRunning else { throw Unmet(description: "validator \(index) ended: \(process.error)") }
            return httpStatus(apiPort + index, "/readyz") == 200
        }
    }

    func murder(_ index: Int) async throws {
        try await process(index).murder()
        processes[index] = nil
    }

    func stop(_ index: Int) async throws {
        try await process(index).stop()
        processes[index] = nil
    }

    func stopAll() async throws {
        for index in processes.keys.sorted() { try await stop(index) }
    }

    // MARK: Asking

    func status(_ index: Int) async throws -> ValidatorState { try await client(index).status().value }

    /// Proposes and waits for the decision.
    @discardableResult
    func decide(_ text: String, at index: Int) async throws -> ProposalState {
        let reply = try await client(index).propose(ProposalDraft(text: text), wait: .decided, timeout: 20)
        guard !reply.isComplete else { return reply.value }
        var states: [String] = []
        for index in processes.keys.sorted() { states.append((try? await status(index)).map { "\($0)" } ?? "\(index): no answer") }
        throw Unmet(description: "\(text) is \(reply.value.status): \(states.joined(separator: "; "))")
    }

    /// Waits until the logs of these validators are equally long and certified.
    @discardableResult
    func settled(_ indices: [Int]) async throws -> UInt64 {
        var last: [ValidatorState] = []
        do {
            try await eventually("the logs agree") {
                last = []
                for index in indices { last.append(try await status(index)) }
                return Set(last.map(\.logSize)).count == 1 && last.allSatisfy { $0.certifiedLogSize == $0.logSize }
            }
        } catch let error as Unmet {
            throw Unmet(description: "\(error): \(last)")
        }
        return last.first?.logSize ?? 0
    }

    /// The whole ledgers of validators that do not run, entry by entry.
    func ledgers(_ indices: [Int]) async throws -> [[[UInt8]]] {
        var ledgers: [[[UInt8]]] = []
        for index in indices {
            let options = try NodeConfiguration(path: configuration(index)).options(passphrase: nil)
            let node = try Node(options, logger: .quiet)
            var entries: [[UInt8]] = []
            for position in 0..<(await node.nodeStatus().logSize) {
                entries.append(try #require(try await node.entry(at: position)).wireBytes)
            }
            await node.stop()
            ledgers.append(entries)
        }
        return ledgers
    }

    /// Expects that `index` votes: with another one gone nothing is decided without it. Then all four run, nobody has signed a round twice or
    /// is in doubt of what it signed, and there is one ledger, with `known`.
    func expectWhole(voteOf index: Int, with known: Set<Digest> = []) async throws {
        try await murder((index + 1) % 4)
        let state = try await decide("ls, needs \(index)", at: index)
        #expect(state.hasVote(of: index))
        try await start([(index + 1) % 4])
        try await settled([0, 1, 2, 3])
        for validator in 0..<4 {
            let status = try await status(validator)
            #expect(status.equivocations == 0 && status.evidence == 0)
            #expect(status.alarm == nil && !status.recalling)
        }
        try await expectOneLedger(with: known.union([try state.digest]))
    }

    /// Stops all that run and holds the ledgers of all against each other: equal, nothing twice, and everything acknowledged is there.
    func expectOneLedger(with acknowledged: Set<Digest>) async throws {
        try await stopAll()
        let ledgers = try await ledgers(Array(0..<validators))
        let first = try #require(ledgers.first)
        for (index, ledger) in ledgers.enumerated() { #expect(ledger == first, "validator \(index) has another ledger") }
        let identifiers = try first.map { try LogEntry(wireBytes: $0).identifier }
        #expect(Set(identifiers).count == identifiers.count, "an entry is there twice")
        #expect(acknowledged.subtracting(identifiers).isEmpty, "something acknowledged is lost")
    }
}

extension Logger {
    static var quiet: Logger {
        var logger = Logger(label: "trellis") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .critical
        return logger
    }
}

extension ProposalState {
    var digest: Digest { get throws { try #require(Digest(hex: id)) } }

    /// Whether this validator's seat voted.
    func hasVote(of validator: Int) -> Bool {
        votes?.contains { $0.name == NetworkSetup.validatorName(validator) && $0.verdict != nil } ?? false
    }
}
