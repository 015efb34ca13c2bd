// `trellis audit status|quote|log`: what a running validator says of its audit trail. None of it is believed before `verify`.

import ArgumentParser
import Foundation
import TrellisAudit
import TrellisClient
import TrellisCrypto

struct AuditStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show how a validator's audit trail is, as JSON.",
        discussion: "'module' is 'tpm' or 'software'. Exit codes: 0 shown, 1 the validator does not answer, 2 usage.")

    @OptionGroup var connection: Connection

    func run() async throws {
        Terminal.print(try await connection.withClient { client in try await client.auditState() })
    }
}

struct AuditQuoteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quote", abstract: "Ask a validator for a quote of its audit log.",
        discussion: "Prints the quote. Exit codes: 0 written, 1 the validator does not answer or has none, 2 usage.")

    @Option(help: ArgumentHelp("8 to 64 bytes that nobody can foresee, in hexadecimal. (default: 32 random ones)", valueName: "hex"))
    var nonce: String?

    @Option(help: ArgumentHelp("The file to write to.", valueName: "file"))
    var out: String?

    @OptionGroup var connection: Connection

    func run() async throws {
        let nonce = try nonce.map { text throws(Failure) in try AuditVerify.nonce(text) } ?? SecretBytes(random: 32).withBytes { Array($0) }
        let bytes = try await connection.withClient { client in try await client.auditQuote(nonce: nonce) }
        guard let quote = AuditQuote(json: bytes) else { throw Failure("the validator's answer is no quote") }
        if quote.hardware == nil {
            Terminal.error("warning: no TPM stands behind this quote: it is the validator's own word, in software")
        }
        Terminal.error("verify it with --nonce \(Hex.encode(nonce)); it speaks of \(quote.statement.records) records")
        if let out { try Files.write(bytes, to: out) } else { Terminal.print(Array(bytes.dropLast())) }
    }
}

struct AuditLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Write a validator's audit log.",
        discussion: "Prints one line for each record. Exit codes: 0 written, 1 the validator does not answer, 2 usage.")

    @Option(help: ArgumentHelp("Write the records that this quote speaks of, and no later ones.", valueName: "file"))
    var quote: String?

    @Option(help: ArgumentHelp("The file to write to.", valueName: "file"))
    var out: String?

    @OptionGroup var connection: Connection

    func run() async throws {
        var limit = UInt64.max
        if let quote {
            guard let found = AuditQuote(json: try Files.read(quote, limit: AuditQuote.fileBytesMaximum)) else {
                throw Failure("\(quote) is no quote", code: Exit.usage)
            }
            limit = found.statement.records
        }
        let bound = limit
        let log = try await connection.withClient { client in try await Self.fetch(client, records: bound) }
        if let out { try Files.write(log, to: out) } else if !log.isEmpty { Terminal.print(Array(log.dropLast())) }
    }

    private static func fetch(_ client: UnverifiedClient, records: UInt64) async throws -> [UInt8] {
        var log: [UInt8] = []
        var count: UInt64 = 0
        while count < records {
            let page = try await client.auditLog(from: count)
            let lines = page.split(separator: UInt8(ascii: "\n"))
            guard !lines.isEmpty else { break }
            for line in lines.prefix(Int(clamping: records - count)) {
                log += line
                log.append(UInt8(ascii: "\n"))
            }
            count += UInt64(lines.count)
        }
        return log
    }
}
