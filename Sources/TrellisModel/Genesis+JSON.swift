// The genesis file: JSON a person can read, keys in base64. It names its own chain identifier, which must match.

import FoundationEssentials
import TrellisCrypto

extension Genesis {
    public static let format = "trellis/genesis/1"
    /// No genesis of the largest committee is bigger.
    public static let fileBytesMaximum = 64 << 20

    private struct File: Codable {
        var format: String
        var chain_id: String
        var name: String
        var nonce: String
        var created_ms: UInt64
        var epoch: UInt64
        var hash: String
        var validators: [ValidatorFile]
        var councils: [CouncilFile]
        var parameters: ParametersFile
    }

    private struct ValidatorFile: Codable {
        var name: String
        var stake: UInt64
        var scheme: String
        var consensus_key: Data
        var identity_scheme: String
        var identity_key: Data
    }

    private struct CouncilFile: Codable {
        var name: String
        var threshold_permille: UInt64
        var deadline_ms: UInt64
        var seats: [SeatFile]
    }

    private struct SeatFile: Codable {
        var name: String
        var validator: UInt32
        var weight: UInt64
        var scheme: String
        var key: Data
    }

    private struct ParametersFile: Codable {
        var gc_depth: UInt64
        var payload_bytes: UInt64
        var transaction_bytes: UInt64
        var rounds_ahead: UInt64
    }

    /// Reads a genesis file. Throws when it is no such file, breaks a bound, or names another chain than its contents give.
    public init(json: [UInt8]) throws(GenesisError) {
        guard json.count <= Self.fileBytesMaximum else { throw .unreadable("larger than \(Self.fileBytesMaximum) bytes") }
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(json))
        } catch {
            throw .unreadable("\(error)")
        }
        guard file.format == Self.format else { throw .unreadable("format is '\(file.format)', expected '\(Self.format)'") }
        guard let nonce = Data(base64Encoded: file.nonce) else { throw .unreadable("the nonce is not base64") }
        self.init(
            name: file.name, nonce: Array(nonce), created: file.created_ms, epoch: file.epoch, hash: file.hash,
            validators: file.validators.map {
                ValidatorEntry(
                    name: $0.name, stake: $0.stake, scheme: $0.scheme, consensusKey: Array($0.consensus_key),
                    identityScheme: $0.identity_scheme, identityKey: Array($0.identity_key))
            },
            councils: file.councils.map { council in
                CouncilEntry(
                    name: council.name, thresholdPermille: council.threshold_permille, deadline: council.deadline_ms,
                    seats: council.seats.map {
                        SeatEntry(name: $0.name, validator: $0.validator, weight: $0.weight, scheme: $0.scheme, key: Array($0.key))
                    })
            },
            parameters: Parameters(
                gcDepth: file.parameters.gc_depth, payloadBytes: file.parameters.payload_bytes,
                transactionBytes: file.parameters.transaction_bytes, roundsAhead: file.parameters.rounds_ahead))
        try validate()
        guard chain.description == file.chain_id else {
            throw .invalid("it names chain \(file.chain_id), but its contents give \(chain)")
        }
    }

    /// The genesis file's bytes.
    public var json: [UInt8] {
        let file = File(
            format: Self.format, chain_id: chain.description, name: name, nonce: Data(nonce).base64EncodedString(), created_ms: created,
            epoch: epoch, hash: hash,
            validators: validators.map {
                ValidatorFile(
                    name: $0.name, stake: $0.stake, scheme: $0.scheme, consensus_key: Data($0.consensusKey),
                    identity_scheme: $0.identityScheme, identity_key: Data($0.identityKey))
            },
            councils: councils.map { council in
                CouncilFile(
                    name: council.name, threshold_permille: council.thresholdPermille, deadline_ms: council.deadline,
                    seats: council.seats.map {
                        SeatFile(name: $0.name, validator: $0.validator, weight: $0.weight, scheme: $0.scheme, key: Data($0.key))
                    })
            },
            parameters: ParametersFile(
                gc_depth: parameters.gcDepth, payload_bytes: parameters.payloadBytes, transaction_bytes: parameters.transactionBytes,
                rounds_ahead: parameters.roundsAhead))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // A struct of strings and integers always encodes.
        return (try? encoder.encode(file)).map { Array($0) + [0x0A] } ?? []
    }
}
