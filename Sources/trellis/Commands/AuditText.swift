// What `trellis audit verify` says: what was proven, by whom, and what was not. A chain in software says so in every form.

import Foundation
import TrellisAudit
import TrellisCrypto
import TrellisVerify

enum AuditText {
    /// Whether the checkpoint of a receipt is in the log.
    struct Lookup: Encodable {
        let receipt: String
        let index: UInt64
        let isFound: Bool
        /// By a record that extended the TPM's register since its last boot.
        let isRegistered: Bool
    }

    static func lines(_ report: AuditReport, _ lookups: [Lookup]) -> [String] {
        var lines = [heading(report)]
        let replay = report.replay
        let span = replay.newestCheckpoint.map { ", the last one \($0)" } ?? ""
        lines.append(Terminal.row("validator", Terminal.shown(report.validator) + ", chain \(report.quote.statement.chain)"))
        lines.append(
            Terminal.row("log", "\(replay.records) records in \(replay.stretches) stretches, \(replay.checkpoints) checkpoints\(span)"))
        lines.append(Terminal.row("register", "\(replay.register)"))
        lines.append(Terminal.row("quoted", "\(Text.time(report.quote.statement.time)), by the validator's clock"))
        if let attestation = report.attestation, let key = report.quote.statement.key {
            lines.append(
                Terminal.row("TPM", "\(attestation.resets) resets, \(attestation.restarts) restarts, clock \(attestation.clock) ms"))
            lines += coverage(replay)
            lines.append(Terminal.row("key", "\(key.name), " + (report.isKeyPinned ? "the one given" : vouched(report))))
        }
        lines.append(Terminal.row("nonce", report.isNonceChecked ? "the one given" : "not compared: the quote may be old (--nonce)"))
        lines.append(
            Terminal.row(
                "signature", report.isValidatorChecked ? "the validator's, by the genesis" : "of the validator not checked (--genesis)"))
        for lookup in lookups {
            let byWord = report.isHardware && !lookup.isRegistered ? ", by the validator's word" : ""
            let found = lookup.isFound ? "attested" + byWord : "not in this log"
            lines.append(Terminal.row("receipt", "\(Terminal.shown(lookup.receipt)): checkpoint \(lookup.index) \(found)"))
        }
        if report.laterRecords > 0 { lines.append(Terminal.row("not proven", "\(report.laterRecords) later records")) }
        for found in replay.breaks { lines.append(Terminal.row(Terminal.styled("break", .red), found.description)) }
        return lines
    }

    /// Which records the TPM vouches for.
    private static func coverage(_ replay: AuditReplay) -> [String] {
        let shown = replay.registered.prefix(8).map { "\($0.lowerBound) to \($0.upperBound - 1)" }.joined(separator: ", ")
        let count = replay.registered.reduce(0) { $0 + UInt64($1.count) }
        let others = count < replay.records ? "; the other \(replay.records - count) by the validator's word when they were written" : ""
        var lines = [Terminal.row("covered", "records \(shown)\(replay.registered.count > 8 ? ", …" : ""), since its last boot\(others)")]
        if replay.softwareRecords > 0 {
            lines.append(Terminal.row("not proven", "\(replay.softwareRecords) records were written while no TPM answered: in SOFTWARE"))
        }
        return lines
    }

    private static func heading(_ report: AuditReport) -> String {
        guard report.isHardware else {
            return Terminal.styled(
                "valid, in SOFTWARE only: no TPM attests this log; whoever holds the validator's key can write another", .yellow)
        }
        let isTrusted =
            report.isKeyPinned && report.isNonceChecked && report.replay.breaks.isEmpty && report.replay.softwareRecords == 0
        return Terminal.styled(isTrusted ? "valid" : "valid, with what is said below", isTrusted ? .green : .yellow)
    }

    private static func vouched(_ report: AuditReport) -> String {
        report.isValidatorChecked
            ? "which the validator calls its TPM's: nothing else says so (--key)" : "the quote's own word: it may be anybody's (--key)"
    }

    private struct Object: Encodable {
        var valid = false
        var error: String?
        var module: String?
        var validator: String?
        var chain: String?
        var records: UInt64?
        var laterRecords: UInt64?
        var checkpoints: UInt64?
        var newestCheckpoint: UInt64?
        var head: String?
        var register: String?
        var nonce: String?
        var nonceChecked: Bool?
        var key: String?
        var keyPinned: Bool?
        var validatorChecked: Bool?
        var resets: UInt32?
        /// First and last of each run.
        var registered: [[UInt64]]?
        var softwareRecords: UInt64?
        var breaks: [String]?
        var receipts: [Lookup]?
    }

    static func json(_ report: AuditReport, _ lookups: [Lookup]) throws -> [UInt8] {
        let statement = report.quote.statement
        return try Terminal.json(
            Object(
                valid: true, module: report.isHardware ? "tpm" : "software", validator: report.validator,
                chain: statement.chain.description, records: report.replay.records, laterRecords: report.laterRecords,
                checkpoints: report.replay.checkpoints, newestCheckpoint: report.replay.newestCheckpoint, head: statement.head.description,
                register: statement.register.description, nonce: Hex.encode(statement.nonce), nonceChecked: report.isNonceChecked,
                key: statement.key?.name, keyPinned: report.isHardware ? report.isKeyPinned : nil,
                validatorChecked: report.isValidatorChecked, resets: report.attestation?.resets,
                registered: report.isHardware ? report.replay.registered.map { [$0.lowerBound, $0.upperBound - 1] } : nil,
                softwareRecords: report.replay.softwareRecords,
                breaks: report.replay.breaks.map(\.description), receipts: lookups.isEmpty ? nil : lookups))
    }

    static func refusal(_ error: AuditError) throws -> [UInt8] { try Terminal.json(Object(error: error.description)) }
}
