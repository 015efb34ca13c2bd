// The audit trail of the node that stands in: a log in software of one stretch with the checkpoint that is certified.

import TrellisAudit
import TrellisCrypto
import TrellisModel
import TrellisNode

extension StandInNode {
    private func trail() throws -> (replay: AuditReplay, lines: [[UInt8]]) {
        var replay = AuditReplay()
        var lines: [[UInt8]] = []
        var events: [AuditRecord.Event] = [
            .begin(.init(chain: committee.chain, validator: "solo", head: AuditReplay.zeros, module: .software(reason: "a test")))
        ]
        if let checkpoint = certified { events.append(.attested([.init(index: checkpoint.index, checkpoint: checkpoint.digest(.sha256))])) }
        for event in events {
            let line = AuditRecord(number: replay.records, time: 1_795_000_000_000, event: event).line
            try replay.append(line: line)
            lines.append(line)
        }
        return (replay, lines)
    }

    private func shown<Value>(_ body: () throws -> Value) throws(NodeError) -> Value {
        do { return try body() } catch { throw .storage("\(error)") }
    }

    func audit() async throws(NodeError) -> AuditState {
        let replay = try shown { try trail().replay }
        return AuditState(
            isHardware: false, reason: "a test", pcr: nil, records: replay.records, head: replay.head, register: replay.register,
            checkpoints: replay.checkpoints, newestCheckpoint: replay.newestCheckpoint, waiting: 0, breaks: [], key: nil, lastQuote: nil,
            failure: nil)
    }

    func auditLog(from: UInt64, bytes: Int) async throws(NodeError) -> (text: [UInt8], next: UInt64) {
        let lines = try shown { try trail().lines }.dropFirst(Int(clamping: from))
        return (lines.flatMap { $0 + [UInt8(ascii: "\n")] }, from + UInt64(lines.count))
    }

    func auditQuote(nonce: [UInt8]) async throws(NodeError) -> AuditQuote {
        if let refused { throw refused }
        return try shown {
            let replay = try trail().replay
            let statement = AuditQuote.Statement(
                chain: committee.chain, validator: 0, nonce: nonce, time: 1_795_000_000_000, records: replay.records, head: replay.head,
                register: replay.register, key: nil)
            return AuditQuote(
                statement: statement, signature: try key.sign(statement.wireBytes, context: .auditQuote), hardware: nil)
        }
    }
}
