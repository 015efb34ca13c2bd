// The genesis file: JSON a person can read, keys in base64. It names its own chain identifier, which must match.

import FoundationEssentials
import TrellisCrypto

extension Genesis {
    public static let format = "trellis/genesis/1"
    /// No genesis of the largest committee is bigger.
    public static let fileBytesMaximum = 64 << 20

    private struct File: Codable {
        var format: String
        var chainId: String
        var name: String
        var nonce: String
        var createdMs: UInt64
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
        var consensusKey: Data
        var identityScheme: String
        var identityKey: Data
    }

    private struct CouncilFile: Codable {
        var name: String
        var thresholdPermille: UInt64
        var adaptive: Bool?
        var deadlineMs: UInt64
        var seats: [SeatFile]
    }

    private struct SeatFile: Codable {
        var name: String
        var validator: UInt32
        var weight: UInt64
        var scheme: String
        var key: Data
        var mandate: String?
    }

    private struct ParametersFile: Codable {
        var gcDepth: UInt64
        var payloadBytes: UInt64
        var transactionBytes: UInt64
        var roundsAhead: UInt64
        var fastPathFaults: UInt64?
        var scheduleInterval: UInt64?
        var thresholdWindow: UInt64?
    }

    /// Reads a genesis file. Throws when it is no such file, breaks a bound, or names another chain than its contents give.
    public init(json: [UInt8]) throws(GenesisError) {
        guard json.count <= Self.fileBytesMaximum else { throw .unreadable("larger than \(Self.fileBytesMaximum) bytes") }
        let file: File
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            file = try decoder.decode(File.self, from: Data(json))
        } catch {
            throw .unreadable("\(error)")
        }
        guard file.format == Self.format else { throw .unreadable("format is '\(file.format)', expected '\(Self.format)'") }
        guard let nonce = Data(base64Encoded: file.nonce) else { throw .unreadable("the nonce is not base64") }
        self.init(
            name: file.name, nonce: Array(nonce), created: file.createdMs, epoch: file.epoch, hash: file.hash,
            validators: file.validators.map {
                ValidatorEntry(
                    name: $0.name, stake: $0.stake, scheme: $0.scheme, consensusKey: Array($0.consensusKey),
                    identityScheme: $0.identityScheme, identityKey: Array($0.identityKey))
            },
            councils: file.councils.map { council in
                CouncilEntry(
                    name: council.name, thresholdPermille: council.thresholdPermille, isAdaptive: council.adaptive ?? false,
                    deadline: council.deadlineMs,
                    seats: council.seats.map {
                        SeatEntry(
                            name: $0.name, validator: $0.validator, weight: $0.weight, scheme: $0.scheme, key: Array($0.key),
                            mandate: $0.mandate ?? "")
                    })
            },
            parameters: Parameters(
                gcDepth: file.parameters.gcDepth, payloadBytes: file.parameters.payloadBytes,
                transactionBytes: file.parameters.transactionBytes, roundsAhead: file.parameters.roundsAhead,
                fastPathFaults: file.parameters.fastPathFaults ?? 0,
                scheduleInterval: file.parameters.scheduleInterval ?? 0,
                thresholdWindow: file.parameters.thresholdWindow ?? 0))
        try validate()
        guard chain.description == file.chainId else {
            throw .invalid("it names chain \(file.chainId), but its contents give \(chain)")
        }
    }

    /// The genesis file's bytes.
    public var json: [UInt8] {
        let file = File(
            format: Self.format, chainId: chain.description, name: name, nonce: Data(nonce).base64EncodedString(), createdMs: created,
            epoch: epoch, hash: hash,
            validators: validators.map {
                ValidatorFile(
                    name: $0.name, stake: $0.stake, scheme: $0.scheme, consensusKey: Data($0.consensusKey),
                    identityScheme: $0.identityScheme, identityKey: Data($0.identityKey))
            },
            councils: councils.map { council in
                CouncilFile(
                    name: council.name, thresholdPermille: council.thresholdPermille, adaptive: council.isAdaptive ? true : nil,
                    deadlineMs: council.deadline,
                    seats: council.seats.map {
                        SeatFile(
                            name: $0.name, validator: $0.validator, weight: $0.weight, scheme: $0.scheme, key: Data($0.key),
                            mandate: $0.mandate.isEmpty ? nil : $0.mandate)
                    })
            },
            parameters: ParametersFile(
                gcDepth: parameters.gcDepth, payloadBytes: parameters.payloadBytes, transactionBytes: parameters.transactionBytes,
                roundsAhead: parameters.roundsAhead, fastPathFaults: parameters.fastPathFaults == 0 ? nil : parameters.fastPathFaults,
                scheduleInterval: parameters.scheduleInterval == 0 ? nil : parameters.scheduleInterval,
                thresholdWindow: parameters.thresholdWindow == 0 ? nil : parameters.thresholdWindow))
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // A struct of strings and integers always encodes.
        return (try? encoder.encode(file)).map { Array($0) + [0x0A] } ?? []
    }
}
