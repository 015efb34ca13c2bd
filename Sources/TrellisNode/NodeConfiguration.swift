// A node's configuration file: YAML with known keys only. A misspelt key is named with the nearest known one; nothing is guessed.

import Foundation
import Logging
public import TrellisAccess
public import TrellisConsensus
public import TrellisCrypto
import TrellisEvaluators
import TrellisModel
import Yams

public enum ConfigurationError: Error, Sendable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case unknownKey(path: String, key: String, nearest: String?)
    case wrongType(path: String, key: String, expected: String)
    case missing(path: String, key: String)
    case noPassphrase(path: String)
    case access(path: String, AccessError)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "cannot read \(path): \(reason)"
        case .unknownKey(let path, let key, let nearest):
            "\(path): unknown key '\(key)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        case .wrongType(let path, let key, let expected): "\(path): '\(key)' must be \(expected)"
        case .missing(let path, let key): "\(path): '\(key)' is missing"
        case .access(let path, let error): "\(path): \(error)"
        case .noPassphrase(let path): "\(path): no passphrase for the key file; set TRELLIS_PASSPHRASE or passphrase_file"
        }
    }
}

/// A node's configuration file, read but not acted on.
public struct NodeConfiguration: Sendable, Equatable {
    public static let bytesMaximum = 1 << 20
    static let keys = [
        "genesis", "keys", "passphrase_file", "data", "listen", "api", "policy", "councils", "log_level", "peers", "leader_timeout_ms",
        "round_delay_ms", "straggler_delay_ms", "batch_delay_ms", "heartbeat_ms", "pool_bytes", "journal_bytes", "catch_up", "optimizer",
        "clients", "open", "authorities", "sealing_keys", "audit",
    ]

    /// Where it was read from.
    public let path: String
    public var genesis: String
    public var keys: String
    public var passphraseFile: String?
    public var data: String
    public var listen: String
    public var api: String
    public var policy: String?
    /// The file of all validators' sealing keys.
    public var sealingKeys: String?
    /// Files of the councils in which this validator has seats.
    public var councils: [String]
    public var logLevel: String
    /// Addresses of the other validators, by name.
    public var peers: [String: String]
    /// What is not configured is as a pacing is by itself.
    public var pacing = Pacing()
    public var poolBytes: UInt64
    public var journalBytes: UInt64
    /// Whether and how this validator tunes itself.
    public var optimizer: OptimizerConfiguration
    /// The API's clients, those in a file not yet read.
    public var clients: ClientsSetting
    /// Whether requests without credentials are served; nil: by the API's address.
    public var open: Bool?
    /// Under which addresses clients reach the API.
    public var authorities: [String]
    public var audit: AuditOptions

    public init(path: String) throws(ConfigurationError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, reason: "no such file, or no permission")
        }
        guard data.count <= Self.bytesMaximum else { throw .unreadable(path: path, reason: "larger than \(Self.bytesMaximum) bytes") }
        try self.init(yaml: String(decoding: data, as: UTF8.self), path: path)
    }

    /// Reads YAML; paths in it are relative to the folder of `path`.
    public init(yaml: String, path: String) throws(ConfigurationError) {
        let loaded: Any?
        do { loaded = try Yams.load(yaml: yaml) } catch { throw .unreadable(path: path, reason: "\(error)") }
        guard let values = loaded as? [String: Any] else { throw .unreadable(path: path, reason: "not a mapping of keys to values") }
        if let unknown = values.keys.sorted().first(where: { !Self.keys.contains($0) }) {
            throw .unknownKey(path: path, key: unknown, nearest: nearestName(to: unknown, among: Self.keys))
        }
        let reader = Reader(values: values, path: path)
        self.path = path
        genesis = reader.file(try reader.text("genesis"))
        keys = reader.file(try reader.text("keys"))
        passphraseFile = try reader.optionalText("passphrase_file").map(reader.file)
        data = reader.file(try reader.text("data"))
        listen = try reader.text("listen")
        api = try reader.text("api")
        policy = try reader.optionalText("policy").map(reader.file)
        sealingKeys = try reader.optionalText("sealing_keys").map(reader.file)
        councils = try reader.texts("councils").map(reader.file)
        logLevel = try reader.optionalText("log_level") ?? "info"
        peers = try reader.addresses("peers")
        pacing.leaderTimeout = try reader.number("leader_timeout_ms", 10...60_000) ?? pacing.leaderTimeout
        pacing.roundDelayMinimum = try reader.number("round_delay_ms", 0...10_000) ?? pacing.roundDelayMinimum
        pacing.stragglerDelay = try reader.number("straggler_delay_ms", 0...1000) ?? pacing.stragglerDelay
        pacing.batchDelay = try reader.number("batch_delay_ms", 0...100) ?? pacing.batchDelay
        pacing.heartbeat = try reader.number("heartbeat_ms", 100...60_000) ?? pacing.heartbeat
        poolBytes = try reader.number("pool_bytes", 1 << 20...1 << 34) ?? 64 << 20
        journalBytes = try reader.number("journal_bytes", 1 << 20...1 << 44) ?? 1 << 30
        let catchUp = try reader.optionalText("catch_up") ?? "commits"
        pacing.catchesUpByCommits = catchUp == "commits"
        optimizer = try OptimizerConfiguration(yaml: values["optimizer"], path: path)
        audit = try reader.audit("audit")
        guard ["commits", "blocks"].contains(catchUp) else { throw .wrongType(path: path, key: "catch_up", expected: "commits or blocks") }
        clients = try ClientsSetting(values["clients"], path: path, file: reader.file)
        open = try reader.flag("open")
        authorities = try reader.texts("authorities")
        guard Logger.Level(rawValue: logLevel) != nil else {
            throw .wrongType(path: path, key: "log_level", expected: Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }

    private struct Reader {
        let values: [String: Any]
        let path: String

        func optionalText(_ key: String) throws(ConfigurationError) -> String? {
            guard let value = values[key] else { return nil }
            guard let text = value as? String, !text.isEmpty else { throw .wrongType(path: path, key: key, expected: "a text") }
            return text
        }

        func texts(_ key: String) throws(ConfigurationError) -> [String] {
            guard let value = values[key] else { return [] }
            guard let texts = value as? [String], !texts.contains("") else {
                throw .wrongType(path: path, key: key, expected: "a list of texts")
            }
            return texts
        }

        func text(_ key: String) throws(ConfigurationError) -> String {
            guard let text = try optionalText(key) else { throw .missing(path: path, key: key) }
            return text
        }

        func flag(_ key: String) throws(ConfigurationError) -> Bool? {
            guard let value = values[key] else { return nil }
            guard let flag = value as? Bool else { throw .wrongType(path: path, key: key, expected: "true or false") }
            return flag
        }

        func number(_ key: String, _ range: ClosedRange<UInt64>) throws(ConfigurationError) -> UInt64? {
            guard let value = values[key] else { return nil }
            guard let number = (value as? Int).flatMap(UInt64.init(exactly:)), range.contains(number) else {
                throw .wrongType(path: path, key: key, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }

        func addresses(_ key: String) throws(ConfigurationError) -> [String: String] {
            guard let value = values[key] else { return [:] }
            guard let addresses = value as? [String: String] else {
                throw .wrongType(path: path, key: key, expected: "a mapping of validators' names to host:port")
            }
            return addresses
        }

        func audit(_ key: String) throws(ConfigurationError) -> AuditOptions {
            var options = AuditOptions()
            guard let value = values[key] else { return options }
            guard let found = value as? [String: Any] else { throw .wrongType(path: path, key: key, expected: "a mapping") }
            let known = ["tpm", "pcr", "quote_interval", "counter_interval"]
            if let unknown = found.keys.sorted().first(where: { !known.contains($0) }) {
                throw .unknownKey(path: path, key: "\(key).\(unknown)", nearest: nearestName(to: unknown, among: known))
            }
            let reader = Reader(values: found, path: path)
            options.tpm = try reader.optionalText("tpm").flatMap { $0 == "none" ? nil : $0 }
            options.pcr = Int(clamping: try reader.number("pcr", 0...23) ?? 11)
            options.quoteInterval = try reader.duration("quote_interval") ?? options.quoteInterval
            options.counterInterval = try reader.duration("counter_interval") ?? options.counterInterval
            return options
        }

        /// Such as 30s, 10m, 1h.
        func duration(_ key: String) throws(ConfigurationError) -> Duration? {
            guard let text = try optionalText(key) else { return nil }
            let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600]
            guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), (1...100_000).contains(count) else {
                throw .wrongType(path: path, key: key, expected: "a time such as 30s, 10m or 1h")
            }
            return .seconds(count * unit)
        }

        func file(_ name: String) -> String {
            guard !name.hasPrefix("/") else { return name }
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            return folder.isEmpty ? (path.hasPrefix("/") ? "/" + name : name) : folder + "/" + name
        }
    }

    /// Opens everything the configuration names. `passphrase` (the environment's) goes before `passphrase_file`.
    public func options(passphrase: SecretBytes?) throws -> NodeOptions {
        let genesis = try Genesis(json: try read(self.genesis, limit: Genesis.fileBytesMaximum))
        let keys = try KeyFiles.read(self.keys, passphrase: try self.passphrase(passphrase), chain: genesis.chain)
        guard let index = genesis.validators.firstIndex(where: { $0.consensusKey == keys.consensus.publicKey }) else {
            throw NodeError.invalid("\(self.keys) holds the keys of no validator in \(self.genesis)")
        }
        let known = genesis.validators.map(\.name)
        guard peers[known[index]] == nil else {
            throw NodeError.invalid("\(path): 'peers' names \(known[index]), but \(self.keys) holds the keys of that very validator")
        }
        if let unknown = peers.keys.sorted().first(where: { !known.contains($0) }) {
            throw ConfigurationError.unknownKey(path: path, key: "peers.\(unknown)", nearest: nearestName(to: unknown, among: known))
        }
        let policy = try self.policy.map { try Policy(yaml: try text(of: $0), name: $0) }
        var options = NodeOptions(
            genesis: genesis, validator: ValidatorIndex(index), keys: keys, dataDirectory: data, listen: listen, peers: peers,
            policy: policy)
        options.councils = try councils.map { path in
            try CouncilFile(yaml: try text(of: path), file: path)
        }
        options.sealingKeys = try sealingKeys.map { path in
            let committee = try Committee(genesis: genesis)
            do {
                return try SealingKeys(json: try read(path, limit: SealingKeys.fileBytesMaximum(committee)), committee: committee)
            } catch let error as SealingKeysError {
                throw NodeError.invalid("\(path): \(error)")
            }
        }
        options.pacing = pacing
        options.poolBytesMaximum = Int(clamping: poolBytes)
        options.journalBytesKept = journalBytes
        options.optimizer = optimizer
        options.audit = audit
        return options
    }

    private func passphrase(_ given: SecretBytes?) throws -> SecretBytes {
        if let given { return given }
        guard let passphraseFile else { throw ConfigurationError.noPassphrase(path: path) }
        return try SecretFiles.readPassphrase(passphraseFile)
    }

    private func text(of path: String) throws(ConfigurationError) -> String {
        guard let text = String(validating: try read(path, limit: Self.bytesMaximum), as: UTF8.self) else {
            throw .unreadable(path: path, reason: "not UTF-8")
        }
        return text
    }

    func read(_ path: String, limit: Int) throws(ConfigurationError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, reason: "no such file, or no permission")
        }
        guard data.count <= limit else { throw .unreadable(path: path, reason: "larger than \(limit) bytes") }
        return Array(data)
    }
}
