// A validator as a library value: initialize a network, start a node, propose, ask for results, stop. The composition root: the only
// place where the core, the ledger, storage, the peer network and the evaluators meet.

import Foundation
public import Logging
public import TrellisAudit
public import TrellisConsensus
public import TrellisCrypto
public import TrellisEvaluators
public import TrellisLedger
public import TrellisModel
import TrellisStorage
import TrellisTPM
import TrellisTransport
public import TrellisVerify

/// The secret keys of one validator, by role.
public struct ValidatorKeys: Sendable {
    /// The key of one seat, under its role in the key file.
    public struct CouncilSeat: Sendable {
        public let role: String
        public let key: any SigningKey

        public init(role: String, key: any SigningKey) {
            self.role = role
            self.key = key
        }
    }

    public let consensus: any SigningKey
    public let identity: any SigningKey
    /// Of the validator's seat in the default council.
    public let seat: any SigningKey
    /// Of its seats in other councils.
    public let councilSeats: [CouncilSeat]
    /// What opens sealed requests: the key in use first, then older ones.
    public let sealing: [CompositeKEM.PrivateKey]

    public init(
        consensus: any SigningKey, identity: any SigningKey, seat: any SigningKey, councilSeats: [CouncilSeat] = [],
        sealing: [CompositeKEM.PrivateKey] = []
    ) {
        self.consensus = consensus
        self.identity = identity
        self.seat = seat
        self.councilSeats = councilSeats
        self.sealing = sealing
    }

    /// The private key of a seat.
    func seatKey(for key: [UInt8]) -> (any SigningKey)? {
        ([seat] + councilSeats.map(\.key)).first { $0.publicKey == key }
    }
}

/// What one validator needs to run.
public struct NodeOptions: Sendable {
    public var genesis: Genesis
    public var validator: ValidatorIndex
    public var keys: ValidatorKeys
    public var dataDirectory: String
    /// Where peers reach this validator, as host:port.
    public var listen: String
    /// Where this validator reaches the others, by name, as host:port.
    public var peers: [String: String]
    /// The standard policy where nil.
    public var policy: Policy?
    /// Files of councils in which this validator has seats: how those judge. Seats of councils without a file judge by the policy.
    public var councils: [CouncilFile] = []
    /// All validators' sealing keys; nil: this validator's API takes no sealed proposals.
    public var sealingKeys: SealingKeys?
    public var pacing = Pacing()
    public var poolBytesMaximum = 64 << 20
    public var journalBytesKept: UInt64 = 1 << 30
    public var optimizer = OptimizerConfiguration()
    /// How checkpoints that this validator attests are logged.
    public var audit = AuditOptions()

    public init(
        genesis: Genesis, validator: ValidatorIndex, keys: ValidatorKeys, dataDirectory: String, listen: String, peers: [String: String],
        policy: Policy? = nil
    ) {
        self.genesis = genesis
        self.validator = validator
        self.keys = keys
        self.dataDirectory = dataDirectory
        self.listen = listen
        self.peers = peers
        self.policy = policy
    }
}

public final class Node: NodeService {
    public let genesis: Genesis
    public let committee: Committee
    public let validator: ValidatorIndex
    public let sealingKeys: SealingKeys?
    let replica: Replica
    private let network: PeerNetwork?
    private let intake: PeerIntake
    private let trail: AuditTrail

    /// Opens the data directory and recovers; nothing runs yet. Throws when the keys are not those of the genesis, when another process
    /// holds the directory, or when the journal is damaged beyond a torn tail.
    public init(_ options: NodeOptions, logger: Logger) throws {
        genesis = options.genesis
        let committee = try Committee(genesis: options.genesis)
        self.committee = committee
        validator = options.validator
        try Self.check(options, committee)
        sealingKeys = options.sealingKeys
        let seats = try Self.seats(options, committee)
        let module = options.audit.tpm.map { tcti in
            Result<any TrustedModule, TPMError> { () throws(TPMError) -> any TrustedModule in try TPM(tcti: tcti) }
        }
        let configuration = ReplicaConfiguration(
            committee: committee, own: options.validator, consensusKey: options.keys.consensus,
            seats: Seats(seats: seats, validator: options.validator, sealing: options.keys.sealing, committee: committee),
            pacing: options.pacing, dataDirectory: options.dataDirectory,
            poolBytesMaximum: options.poolBytesMaximum, journalBytesKept: options.journalBytesKept, optimizer: options.optimizer,
            logger: logger)
        let replica: Replica
        do {
            replica = try Replica(configuration, module: module)
            trail = try AuditTrail(Self.audit(options, committee, replica.markCounter, logger))
        } catch {
            throw DataDirectoryError(error, in: options.dataDirectory) ?? error
        }
        self.replica = replica
        let intake = PeerIntake(committee: committee, logger: logger)
        self.intake = intake
        network = try Self.network(options, committee, logger) { event in
            guard let input = intake.input(event), replica.inbox.push(input) else { return }
            Task { await replica.drain() }
        }
    }

    private static func check(_ options: NodeOptions, _ committee: Committee) throws {
        let seats = committee.councils.flatMap(\.seats)
        try CryptoSelfTest.run(schemes: committee.validators.map(\.scheme) + seats.map(\.scheme))
        guard let own = committee.validator(options.validator) else {
            throw NodeError.invalid("genesis has no validator \(options.validator)")
        }
        guard own.key.bytes == options.keys.consensus.publicKey, own.identityKey.bytes == options.keys.identity.publicKey else {
            throw NodeError.invalid("the keys are not those of validator '\(own.name)' in genesis")
        }
        let published = options.sealingKeys?[options.validator]?.publicKey
        guard published == nil || options.keys.sealing.contains(where: { $0.publicKey == published }) else {
            throw NodeError.invalid("requests would be sealed to a key of validator '\(own.name)' that its key file does not hold")
        }
    }

    private static func audit(
        _ options: NodeOptions, _ committee: Committee, _ markCounter: MarkCounter, _ logger: Logger
    ) -> AuditConfiguration {
        var configuration = AuditConfiguration(
            committee: committee, own: options.validator, key: options.keys.consensus, dataDirectory: options.dataDirectory,
            options: options.audit, logger: logger, markCounter: markCounter)
        if let tcti = options.audit.tpm { configuration.connect = { () throws(TPMError) in try TPM(tcti: tcti) } }
        return configuration
    }

    /// The validator's seats with their keys and evaluators.
    private static func seats(_ options: NodeOptions, _ committee: Committee) throws -> [Seats.Seat] {
        let policy = try options.policy ?? Policy(yaml: Policy.standard, name: "standard")
        var files: [String: CouncilFile] = [:]
        for file in options.councils {
            try file.check(against: options.genesis)
            guard files.updateValue(file, forKey: file.name) == nil else {
                throw NodeError.invalid("two council files are of council '\(file.name)'")
            }
        }
        return try committee.seats(of: options.validator).map { place in
            let council = committee.councils[Int(place.council)]
            let seat = council.seats[Int(place.seat)]
            guard let key = options.keys.seatKey(for: seat.key.bytes) else {
                throw NodeError.invalid("there is no key for the seat '\(seat.name)' of council '\(council.name)'")
            }
            let evaluator = files[council.name]?.seats[Int(place.seat)].evaluator ?? .rules(policy)
            if let missing = evaluator.missing(environment: ProcessInfo.processInfo.environment) {
                throw NodeError.invalid("the seat '\(seat.name)' of council '\(council.name)' lacks \(missing)")
            }
            return Seats.Seat(council: place.council, seat: place.seat, key: key, evaluator: evaluator)
        }
    }

    private static func network(
        _ options: NodeOptions, _ committee: Committee, _ logger: Logger, onEvent: @escaping @Sendable (PeerEvent) -> Void
    ) throws -> PeerNetwork? {
        guard committee.validators.count > 1 else { return nil }
        var addresses: [ValidatorIndex: PeerAddress] = [:]
        for (index, validator) in committee.validators.enumerated() where index != Int(options.validator) {
            guard let text = options.peers[validator.name] else { throw NodeError.invalid("no address for validator '\(validator.name)'") }
            guard let address = PeerAddress(text) else { throw NodeError.invalid("'\(text)' is not host:port") }
            addresses[ValidatorIndex(index)] = address
        }
        guard let listen = PeerAddress(options.listen) else { throw NodeError.invalid("'\(options.listen)' is not host:port") }
        let configuration = PeerNetworkConfiguration(
            committee: committee, own: options.validator, identity: options.keys.identity, addresses: addresses, listen: listen)
        return PeerNetwork(configuration: configuration, logger: logger, onEvent: onEvent)
    }

    /// Binds the peer address and takes part.
    public func start() async throws {
        await trail.start()
        await replica.start(network: network, audit: trail)
        try await network?.start()
    }

    /// Stops taking part and saves a snapshot. Nothing acknowledged is lost, however a node ends.
    public func stop() async {
        replica.inbox.close()
        await network?.stop()
        // While the directory is held: it counts a last time.
        await trail.stop()
        await replica.stop()
    }

    /// Proposes and returns the proposal's identifier at once.
    public func propose(_ proposal: Proposal) async throws(NodeError) -> Digest {
        try await submit([Transaction(proposal)])
        return proposal.identifier
    }

    /// Waits for the result of a proposal or record.
    public func result(of identifier: Digest, finality: Finality = .decided, timeout: Duration = .seconds(60)) async throws(NodeError)
        -> EntryStatus
    {
        try await wait(for: [identifier], until: finality, timeout: timeout)
        return try await status(of: identifier)
    }

    // MARK: NodeService

    public func submit(_ transactions: [Transaction]) async throws(NodeError) { try await replica.submit(transactions) }

    public func status(of identifier: Digest) async throws(NodeError) -> EntryStatus { try await replica.status(of: identifier) }

    public func wait(for identifiers: [Digest], until finality: Finality, timeout: Duration) async throws(NodeError) {
        guard try await replica.wait(for: identifiers, until: finality, timeout: timeout) else { throw .timedOut }
    }

    public func entry(at index: UInt64) async throws(NodeError) -> LogEntry? { try await replica.entry(at: index) }
    public func receipt(of identifier: Digest) async throws(NodeError) -> Receipt? { try await replica.receipt(of: identifier) }

    public func decisions(from: UInt64, limit: Int) async throws(NodeError) -> (
        decisions: [(index: UInt64, decision: Decision)], next: UInt64
    ) { try await replica.decisions(from: from, limit: limit) }

    public func events(from: UInt64?) async throws(NodeError) -> AsyncStream<NodeEvent> {
        guard let from else { return try await replica.follow().live }
        let reader = EventReader(replica: replica, from: from)
        return AsyncStream { await reader.next() }
    }

    public func evidence() async -> [RecordedEvidence] { await replica.evidence }
    public func certificate() async -> CheckpointCertificate? { await replica.core.certificate }
    public func optimizerReport() async -> OptimizerReport { await replica.optimizerReport }
    public func setOptimizer(_ mode: OptimizerMode) async throws(NodeError) { try await replica.setOptimizer(mode) }
    public func nodeStatus() async -> NodeStatus {
        var status = await replica.nodeStatus(rejected: intake.rejectedCount)
        status.isAuditInHardware = await trail.isInHardware
        return status
    }

    public func audit() async throws(NodeError) -> AuditState { await trail.state }
    public func auditLog(from: UInt64, bytes: Int) async throws(NodeError) -> (text: [UInt8], next: UInt64) {
        try await trail.lines(from: from, bytes: bytes)
    }
    public func auditQuote(nonce: [UInt8]) async throws(NodeError) -> AuditQuote { try await trail.quote(nonce: nonce) }
}
