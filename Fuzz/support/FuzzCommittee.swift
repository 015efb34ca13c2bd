// Committees of four for the fuzz targets: one with real keys, and one whose keys accept anything, so that what stands behind the signatures
// is reached; and what else the targets share.

import Foundation
import TrellisCrypto
import TrellisModel

/// A key for which everything is signed.
struct Credulous: VerifyingKey {
    let bytes: [UInt8]
    var scheme: SignatureSchemeIdentifier { .ed25519 }
    func isValid(_ signature: [UInt8], for message: [UInt8], context: Domain) -> Bool { true }
}

enum FuzzCommittee {
    static let suite = HashSuite.sha256
    static let keys = (0..<4).compactMap { _ in try? SignatureScheme.ed25519.generate() }
    static let strict = committee(keys.compactMap { try? SignatureScheme.ed25519.verifyingKey($0.publicKey) })
    static let credulous = committee(trusting, Parameters(fastPathFaults: 1))
    /// Its council's threshold moves, and its keys accept anything.
    static let adaptive = committee(trusting, Parameters(thresholdWindow: 4), isAdaptive: true)

    private static var trusting: [any VerifyingKey] { (0..<4).map { Credulous(bytes: [UInt8](repeating: $0, count: 32)) } }

    private static func committee(
        _ keys: [any VerifyingKey], _ parameters: Parameters = Parameters(), isAdaptive: Bool = false
    ) -> Committee {
        let validators = keys.enumerated().map { Validator(name: "v\($0)", stake: 1, scheme: .ed25519, key: $1, identityKey: $1) }
        let seats = keys.enumerated().map {
            Council.Seat(name: "s\($0)", weight: 1, validator: ValidatorIndex($0), scheme: .ed25519, key: $1)
        }
        guard let stakes = Stakes(keys.map { _ in 1 }) else { fatalError("no committee") }
        let council = Council(
            name: Council.defaultName, thresholdPermille: isAdaptive ? 600 : 670, isAdaptive: isAdaptive, deadline: 1000, seats: seats)
        return Committee(
            chain: suite.hash([1]), epoch: 0, suite: suite, validators: validators, stakes: stakes, councils: [council],
            parameters: parameters)
    }
}

/// Ends the process with a finding unless it holds.
func require(_ holds: Bool, _ what: String) {
    if !holds { fatalError(what) }
}

/// For `LLVMFuzzerInitialize`: with FUZZ_SEEDS=DIR the corpus is written there instead of a run.
func writeCorpus(_ seeds: @autoclosure () -> [(String, [UInt8])]) -> Int32 {
    guard let directory = ProcessInfo.processInfo.environment["FUZZ_SEEDS"] else { return 0 }
    for (name, bytes) in seeds() { FileManager.default.createFile(atPath: "\(directory)/\(name)", contents: Data(bytes)) }
    exit(0)
}
