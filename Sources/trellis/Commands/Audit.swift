// `trellis audit`: what a validator did by its event log, and what its TPM, if it has one, says to that. `verify` opens no socket.

import ArgumentParser
import TrellisAudit
import TrellisCrypto
import TrellisModel
import TrellisVerify

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read, quote and verify a validator's audit log.",
        subcommands: [AuditVerify.self, AuditQuoteCommand.self, AuditLogCommand.self, AuditStatus.self])
}

struct AuditVerify: ParsableCommand {
    /// The largest log, in bytes.
    private static let logBytesMaximum = 1 << 31

    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify an audit log against a quote, offline.",
        discussion: """
            Follows the log, and checks that the quote is of the register that follows from it, answers the nonce, and is signed. \
            A chain in software proves no more than that the validator says so. \
            Exit codes: 0 valid, 1 invalid, 2 usage or a file that cannot be read.
            """)

    @Argument(help: "The audit log, as of 'trellis audit log'.")
    var log: String

    @Argument(help: "The quote, as of 'trellis audit quote'.")
    var quote: String

    @Option(help: ArgumentHelp("The nonce that the quote was to answer, in hexadecimal.", valueName: "hex"))
    var nonce: String?

    @Option(help: ArgumentHelp("The TPM's public key, known to be one, as PEM.", valueName: "file"))
    var key: String?

    @Option(help: "The genesis file of the network: checks the validator's signature.")
    var genesis: String?

    @Option(help: ArgumentHelp("A receipt whose checkpoint is looked up in the log; needs --genesis. May be repeated.", valueName: "file"))
    var receipt: [String] = []

    @Option(help: ArgumentHelp("A value of the register with which a boot may begin. May be repeated.", valueName: "hex"))
    var beginning: [String] = []

    @Flag(help: "Leave out records that came after the quote, instead of refusing them.")
    var prefix = false

    @Flag(help: "Tell where the register was extended by something else, instead of refusing it.")
    var allowBreaks = false

    @Flag(help: "Print what is proven as JSON.")
    var json = false

    func run() throws {
        var expected = AuditExpectation()
        expected.allowsLaterRecords = prefix
        expected.allowsBreaks = allowBreaks
        expected.nonce = try nonce.map { text throws(Failure) in try Self.nonce(text) }
        expected.beginnings = Set(try beginning.map { text throws(Failure) in try Self.register(text) })
        expected.key = try key.map { path throws(Failure) in try Self.key(path) }
        let genesis = try genesis.map { path throws(Failure) in try Files.genesis(path) }
        do throws(GenesisError) {
            if let genesis { expected.committee = try Committee(genesis: genesis) }
        } catch {
            throw Failure("\(self.genesis ?? ""): \(error)", code: Exit.usage)
        }
        let checkpoints = try receiptCheckpoints(genesis)
        let quote = try Files.read(quote, limit: AuditQuote.fileBytesMaximum)
        let log = try Files.read(log, limit: Self.logBytesMaximum)
        var found: [UInt64: (checkpoint: Digest, record: UInt64)] = [:]
        let report: AuditReport
        do throws(AuditError) {
            report = try AuditVerification.verify(log: log, quote: quote, expected) { record in
                guard case .attested(let attested) = record.event, !checkpoints.isEmpty else { return }
                for attestation in attested { found[attestation.index] = (attestation.checkpoint, record.number) }
            }
        } catch {
            if json { Terminal.print(try AuditText.refusal(error)) }
            throw Failure("invalid: \(Terminal.shown(error.description))", hint: error.hint)
        }
        let lookups = try checkpoints.map { path, checkpoint throws(Failure) in
            let digest = checkpoint.digest(expected.committee?.suite ?? .sha256)
            guard let logged = found[checkpoint.index] else {
                return AuditText.Lookup(receipt: path, index: checkpoint.index, isFound: false, isRegistered: false)
            }
            guard logged.checkpoint == digest else {
                throw Failure(
                    "invalid: the log names another checkpoint \(checkpoint.index) than \(path)", hint: "keep both: they contradict")
            }
            let isRegistered = report.isHardware && report.replay.registered.contains { $0.contains(logged.record) }
            return AuditText.Lookup(receipt: path, index: checkpoint.index, isFound: true, isRegistered: isRegistered)
        }
        if json {
            Terminal.print(try AuditText.json(report, lookups))
        } else {
            for line in AuditText.lines(report, lookups) { Terminal.print(line) }
        }
    }

    /// The checkpoints of the receipts, each verified.
    private func receiptCheckpoints(_ genesis: Genesis?) throws -> [(String, Checkpoint)] {
        guard !receipt.isEmpty else { return [] }
        guard let genesis else { throw ValidationError("--receipt needs --genesis") }
        return try receipt.map { path in
            let bytes = try Files.read(path, limit: Receipt.fileBytesMaximum)
            do throws(ReceiptError) {
                return (path, try Receipt(json: bytes).verify(genesis: genesis).checkpoint)
            } catch {
                throw Failure("\(path): \(Terminal.shown(error.description))", hint: error.hint)
            }
        }
    }

    static func nonce(_ text: String) throws(Failure) -> [UInt8] {
        guard let bytes = Hex.decode(text), AuditQuote.nonceSizes.contains(bytes.count) else {
            throw Failure(
                "a nonce has \(AuditQuote.nonceSizes.lowerBound) to \(AuditQuote.nonceSizes.upperBound) bytes in hexadecimal",
                code: Exit.usage)
        }
        return bytes
    }

    private static func register(_ text: String) throws(Failure) -> Digest {
        guard let digest = Digest(hex: text), digest.count == 32 else {
            throw Failure("a register's value has 64 hexadecimal digits", code: Exit.usage)
        }
        return digest
    }

    private static func key(_ path: String) throws(Failure) -> DeviceKey {
        let bytes = try Files.read(path, limit: 2 * DeviceKey.sizeMaximum)
        do throws(CryptoError) {
            return try DeviceKey(pem: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw Failure("\(path) is no public key of a TPM", hint: "PEM of an ECDSA P-256, P-384 or RSA public key", code: Exit.usage)
        }
    }
}

extension AuditError {
    /// What a person may do about it.
    fileprivate var hint: String? {
        switch self {
        case .lengthened: "fetch a quote of the whole log, or verify what the quote covers with --prefix"
        case .shortened: "fetch the log again; 'trellis audit log' writes all of it"
        case .otherNonce: "ask for a new quote: 'trellis audit quote --nonce HEX'"
        case .needsGenesis: "give the genesis file with --genesis"
        case .breaks: "name what the boot measured with --beginning, or see what is left with --allow-breaks"
        case .otherRecords, .log: "the log is not as the validator wrote it"
        default: nil
        }
    }
}
