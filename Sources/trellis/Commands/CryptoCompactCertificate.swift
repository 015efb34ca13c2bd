// `trellis crypto compact-certificate`: how large compact certificates are, and what they cost, beside the list of all signatures.

import ArgumentParser
import TrellisCrypto

struct CryptoCompactCertificate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact-certificate", abstract: "Measure compact certificates of committees of several sizes.",
        discussion: """
            Makes keys for each committee, lets all sign, and prints a row for each of three cases: all signed and a third is proven (one \
            honest signer), two thirds signed and a third is proven, all signed and two thirds are proven (a quorum). Beside it the bytes of \
            all signatures alone, for who knows all keys, and with their keys, for who knows a commitment as a compact certificate needs it. \
            Each certificate is verified. Exit codes: 0 done, 1 failure, 2 usage.
            """)

    @Option(help: "How many validators, with commas between.")
    var validators = "300,1000,10000"

    @Option(help: "The signature scheme.")
    var scheme = "ML-DSA-65"

    @Option(help: "The strength in bits: a false certificate takes 2^strength tries, its root with a quantum computer.")
    var strength = CompactStatement.strengthStandard

    private var sizes: [Int] { validators.split(separator: ",").compactMap { Int($0) } }

    func validate() throws {
        guard !sizes.isEmpty, sizes.count == validators.split(separator: ",", omittingEmptySubsequences: false).count,
            sizes.allSatisfy({ (4...AttesterCommitment.attestersMaximum).contains($0) })
        else { throw ValidationError("--validators takes numbers from 4 to \(AttesterCommitment.attestersMaximum)") }
    }

    func run() throws {
        let scheme = try Keys.scheme(scheme)
        Terminal.print("| validators | signed | proven | coins | revealed | certificate | signatures | with keys | make ms | verify ms |")
        Terminal.print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
        for size in sizes { try CompactMeasurement(size, scheme, strength: strength).print() }
    }
}

/// A committee that has signed one message.
private struct CompactMeasurement {
    private static let purpose = Domain("trellis/compact-certificate/measurement/1")
    private static let message = Array("a checkpoint".utf8)

    let scheme: SignatureScheme
    let strength: Int
    let attesters: [Attester]
    let signatures: [[UInt8]]

    init(_ size: Int, _ scheme: SignatureScheme, strength: Int) throws {
        var attesters: [Attester] = []
        var signatures: [[UInt8]] = []
        for _ in 0..<size {
            let key = try scheme.generate()
            attesters.append(Attester(scheme: scheme.identifier, publicKey: key.publicKey, weight: 1))
            signatures.append(try key.sign(Self.message, context: Self.purpose))
        }
        self.scheme = scheme
        self.strength = strength
        self.attesters = attesters
        self.signatures = signatures
    }

    func print() throws {
        let third = (attesters.count - 1) / 3
        let quorum = attesters.count - third
        try row(signed: attesters.count, proven: third)
        try row(signed: quorum, proven: third)
        try row(signed: attesters.count, proven: quorum - 1)
    }

    private func row(signed: Int, proven: Int) throws {
        let clock = ContinuousClock()
        let statement = try CompactStatement(
            attesters: try AttesterCommitment(attesters), message: Self.message, context: Self.purpose, provenWeight: UInt64(proven),
            strength: strength)
        var builder = try CompactCertificateBuilder(statement, attesters: attesters)
        for index in 0..<signed { try builder.add(signatures[index], of: index) }
        let start = clock.now
        let certificate = try builder.certificate()
        let made = clock.now
        try certificate.verify(statement)
        let verified = clock.now
        let coins = CompactCertificateCoins.count(signed: UInt64(signed), proven: UInt64(proven), strength: strength) ?? 0
        let signatureBytes = signatures[..<signed].reduce(0) { $0 + $1.count }
        let columns = [
            attesters.count, signed, proven, coins, certificate.revealCount, certificate.encoded.count, signatureBytes,
            signatureBytes + attesters.count * scheme.publicKeySize, milliseconds(made - start), milliseconds(verified - made),
        ]
        Terminal.print("| \(columns.map(String.init).joined(separator: " | ")) |")
    }

    private func milliseconds(_ duration: Duration) -> Int {
        Int(duration / .milliseconds(1))
    }
}
