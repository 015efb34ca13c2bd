// Makes a new network on disk: keys, genesis, and one folder per validator with its configuration. What `trellis network init` and
// `trellis dev` write.

import Foundation
import TrellisConsensus
import TrellisCrypto
public import TrellisEvaluators
public import TrellisModel

public struct NetworkPlan: Sendable {
    public static let validatorsMaximum = 256

    public var name: String
    public var validators: Int
    public var host: String
    /// Validator i listens to its peers on `peerPort + i` and serves its API on `apiPort + i`.
    public var peerPort: Int
    public var apiPort: Int
    public var scheme: String
    /// Encrypts every key file; where nil, each validator gets a random passphrase in a file of its own.
    public var passphrase: String?
    /// Validators that may be slow or faulty while the others still commit after two message delays; 0: the base commit rule.
    public var fastPathFaults: Stake = 0
    /// Councils besides, or instead of, the default one: what their files say, and their texts.
    public var councils: [PlannedCouncil] = []

    public init(
        name: String, validators: Int, host: String = "127.0.0.1", peerPort: Int = 9100, apiPort: Int = 8080, scheme: String = "ML-DSA-65",
        passphrase: String? = nil
    ) {
        self.name = name
        self.validators = validators
        self.host = host
        self.peerPort = peerPort
        self.apiPort = apiPort
        self.scheme = scheme
        self.passphrase = passphrase
    }
}

/// A council of a new network, and the text that describes it.
public struct PlannedCouncil: Sendable {
    public let file: CouncilFile
    let yaml: String

    /// Reads a council file; `file` is what to call it in errors.
    public init(yaml: String, file: String) throws(PolicyError) {
        self.file = try CouncilFile(yaml: yaml, file: file)
        self.yaml = yaml
    }
}

public enum NetworkSetup {
    public static let genesisFile = "genesis.json"
    /// All validators' sealing keys.
    public static let sealingKeysFile = "sealing-keys.json"
    static let keysFile = "validator.keys"
    static let passphraseFile = "passphrase"
    static let configurationFile = "node.yaml"
    static let dataFolder = "data"

    public static func validatorName(_ index: Int) -> String { "validator-\(index)" }

    /// Where validator `index` of a network in `directory` has its configuration.
    public static func configurationPath(_ directory: String, _ index: Int) -> String {
        "\(directory)/\(validatorName(index))/\(configurationFile)"
    }

    /// Writes a new network into `directory`, which must not hold one. `progress` is told how many validators have their keys.
    public static func create(_ plan: NetworkPlan, in directory: String, progress: (Int) -> Void = { _ in }) throws -> Genesis {
        guard (1...NetworkPlan.validatorsMaximum).contains(plan.validators) else {
            throw NodeError.invalid("a network has 1 to \(NetworkPlan.validatorsMaximum) validators")
        }
        guard plan.peerPort > 0, plan.peerPort + plan.validators <= 65_536, plan.apiPort > 0, plan.apiPort + plan.validators <= 65_536
        else {
            throw NodeError.invalid("ports must be 1 to 65535")
        }
        guard let scheme = SignatureScheme.named(plan.scheme) else {
            throw NodeError.invalid(
                "unknown signature scheme '\(plan.scheme)'; there is \(SignatureScheme.all.map(\.name).joined(separator: ", "))")
        }
        let genesisPath = "\(directory)/\(genesisFile)"
        guard !FileManager.default.fileExists(atPath: genesisPath) else { throw NodeError.invalid("\(genesisPath) exists already") }
        var keys: [ValidatorKeys] = []
        for _ in 0..<plan.validators {
            keys.append(ValidatorKeys(consensus: try scheme.generate(), identity: try scheme.generate(), seat: try scheme.generate()))
        }
        let councils = try CouncilPlacement(plan.councils.map(\.file), validators: (0..<plan.validators).map(validatorName))
        keys = try keys.enumerated().map { index, own in
            ValidatorKeys(
                consensus: own.consensus, identity: own.identity, seat: own.seat, councilSeats: councils.keys(of: ValidatorIndex(index)),
                sealing: [try CompositeKEM.PrivateKey.generate()])
        }
        let genesis = genesis(plan, keys, councils.entries)
        try genesis.validate()
        for (index, own) in keys.enumerated() {
            try write(own, index, plan, genesis, directory)
            progress(index + 1)
        }
        let sealing = try sealingKeys(keys, try Committee(genesis: genesis), issued: genesis.created)
        try Data(sealing.json).write(to: URL(fileURLWithPath: "\(directory)/\(sealingKeysFile)"), options: .atomic)
        try Data(genesis.json).write(to: URL(fileURLWithPath: genesisPath), options: .atomic)
        return genesis
    }

    private static func sealingKeys(_ keys: [ValidatorKeys], _ committee: Committee, issued: Milliseconds) throws -> SealingKeys {
        var all = SealingKeys(committee: committee)
        for (index, own) in keys.enumerated() {
            guard let key = own.sealing.first else { continue }
            all.insert(
                try SealingKey(
                    key.publicKey, of: ValidatorIndex(index), issued: issued, signedBy: own.consensus, chain: committee.chain,
                    epoch: committee.epoch))
        }
        return all
    }

    private static func genesis(
        _ plan: NetworkPlan, _ keys: [ValidatorKeys], _ councils: [Genesis.CouncilEntry]
    ) -> Genesis {
        let validators = keys.enumerated().map { index, keys in
            Genesis.ValidatorEntry(
                name: validatorName(index), stake: 1, scheme: plan.scheme, consensusKey: keys.consensus.publicKey,
                identityScheme: plan.scheme, identityKey: keys.identity.publicKey)
        }
        let seats = keys.enumerated().map { index, keys in
            Genesis.SeatEntry(
                name: validatorName(index), validator: ValidatorIndex(index), weight: 1, scheme: plan.scheme, key: keys.seat.publicKey)
        }
        let isGiven = councils.contains { $0.name == Council.defaultName }
        let standard = Genesis.CouncilEntry(
            name: Council.defaultName, thresholdPermille: ThresholdLevel.floors.lowerBound, isAdaptive: true, seats: seats)
        let all = (isGiven ? [] : [standard]) + councils
        return Genesis(
            name: plan.name, nonce: SecretBytes(random: 16).withBytes { Array($0) }, created: SystemClock.now().wall,
            validators: validators, councils: all,
            parameters: Parameters(
                fastPathFaults: plan.fastPathFaults, scheduleInterval: Parameters.scheduleIntervalStandard,
                thresholdWindow: all.contains(where: \.isAdaptive) ? Parameters.thresholdWindowStandard : 0))
    }

    private static func write(_ keys: ValidatorKeys, _ index: Int, _ plan: NetworkPlan, _ genesis: Genesis, _ directory: String) throws {
        let folder = "\(directory)/\(validatorName(index))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let passphrase = plan.passphrase ?? SecretBytes(random: 24).withBytes { Data($0).base64EncodedString() }
        if plan.passphrase == nil { try SecretFiles.write(Array((passphrase + "\n").utf8), to: "\(folder)/\(passphraseFile)") }
        try KeyFiles.write(
            keys, name: validatorName(index), chain: genesis.chain, to: "\(folder)/\(keysFile)", passphrase: passphrase)
        try DataDirectory.begin("\(folder)/\(dataFolder)", for: ValidatorIndex(index), of: genesis)
        // Each validator has files of its own: how its seats judge is its own business.
        if !plan.councils.isEmpty {
            try FileManager.default.createDirectory(atPath: "\(folder)/councils", withIntermediateDirectories: true)
        }
        for (place, council) in plan.councils.enumerated() {
            try Data(council.yaml.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(councilPath(place, council))"), options: .atomic)
        }
        try configuration(index, plan).write(toFile: "\(folder)/\(configurationFile)", atomically: true, encoding: .utf8)
    }

    /// Names of councils may hold slashes and dots; names of files may not.
    private static func councilPath(_ place: Int, _ council: PlannedCouncil) -> String {
        let isPlain = council.file.name.utf8.allSatisfy {
            $0 == 0x2D || $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF)
        }
        return "councils/" + (isPlain ? council.file.name : "council-\(place)") + ".yaml"
    }

    private static func configuration(_ index: Int, _ plan: NetworkPlan) -> String {
        let councils = plan.councils.enumerated().map { "  - \(councilPath($0, $1))" }
        let host = plan.host.contains(":") ? "[\(plan.host)]" : plan.host
        let peers = (0..<plan.validators).filter { $0 != index }.map { "  \(validatorName($0)): \(host):\(plan.peerPort + $0)" }
        let passphrase =
            plan.passphrase == nil
            ? "passphrase_file: \(passphraseFile)  # better: remove this line and set TRELLIS_PASSPHRASE"
            : "# The passphrase of the key file is read from TRELLIS_PASSPHRASE."
        return """
            # Configuration of \(validatorName(index)). Paths are relative to this file.
            genesis: ../\(genesisFile)
            sealing_keys: ../\(sealingKeysFile)  # without it, no sealed requests are taken
            keys: \(keysFile)
            \(passphrase)
            data: \(dataFolder)
            listen: \(host):\(plan.peerPort + index)
            api: \(host):\(plan.apiPort + index)
            # clients: clients.yaml  # who may ask the API; 'trellis client' writes entries. Needed where others can reach it
            # policy: policy.yaml  # the standard policy where not set
            councils:\(councils.isEmpty ? " []" : "")
            \(councils.joined(separator: "\n"))
            log_level: info
            peers:\(peers.isEmpty ? " {}" : "")
            \(peers.joined(separator: "\n"))
            """ + "\n"
    }
}
