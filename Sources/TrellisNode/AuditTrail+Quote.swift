// Quotes of a running audit trail: what the TPM says of the register, what the validator says of the log, and what of both is shown to whoever
// asks how the trail is.

import Logging
import TrellisAudit
import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisTPM

extension AuditTrail {
    /// What a quote is made of besides the validator's word.
    private struct Hardware {
        var key: DeviceKey
        var quote: AuditQuote.Hardware
    }

    /// Answers a nonce, with all that was attested so far in the log.
    func answer(_ nonce: [UInt8]) async -> Result<AuditQuote, NodeError> {
        if let failure { return .failure(.storage("the audit log has stopped: \(failure)")) }
        do {
            try await write()
            return .success(try await makeQuote(nonce))
        } catch let error as NodeError {
            return .failure(error)
        } catch {
            return .failure(.storage("\(error)"))
        }
    }

    /// A quote of the validator's own accord: its nonce is the chain over the log.
    func keepQuote() async {
        switch await answer(replay.head.bytes) {
        case .success(let quote):
            do { try store.keep(quote) } catch { logger.error("the audit quote is not kept", metadata: ["reason": "\(error)"]) }
        case .failure(let error): logger.error("no audit quote", metadata: ["reason": "\(error)"])
        }
    }

    private func makeQuote(_ nonce: [UInt8]) async throws -> AuditQuote {
        var hardware = try await quoteRegister(nonce)
        if hardware == nil, module != nil {
            logger.warning("something else extended the audit trail's register, or reset it", metadata: ["pcr": "\(pcr)"])
            try await beginAnew()
            hardware = try await quoteRegister(nonce)
            if hardware == nil, module != nil { throw NodeError.storage("something else goes on extending the TPM's register \(pcr)") }
        }
        let statement = AuditQuote.Statement(
            chain: configuration.committee.chain, validator: configuration.own, nonce: nonce, time: SystemClock.now().wall,
            records: replay.records, head: replay.head, register: replay.register, key: hardware?.key)
        let signature = try configuration.key.sign(statement.wireBytes, context: .auditQuote)
        lastQuote = statement
        return AuditQuote(statement: statement, signature: signature, hardware: hardware?.quote)
    }

    /// The TPM's quote of the register as the log leaves it; nil if the register is another, or the TPM is gone.
    private func quoteRegister(_ nonce: [UInt8]) async throws -> Hardware? {
        guard let module else { return nil }
        let pcr = pcr
        let found: ModuleQuote
        do throws(TPMError) {
            found = try await module.call { module throws(TPMError) in try module.quote(pcr, nonce: nonce) }
        } catch {
            // A nonce may be too long for this TPM.
            if case .refused = error { throw NodeError.invalid(error.description) }
            try await lose(error)
            return nil
        }
        do {
            let quote = TPMQuote(attest: found.attest, signature: try TPMSignature(bytes: found.signature))
            _ = try quote.verify(key: found.key, nonce: nonce, values: [.sha256: [pcr: replay.register.bytes]])
        } catch TPMQuoteError.registersDiffer {
            return nil
        }
        try note(found.key)
        return Hardware(key: found.key, quote: .init(attest: found.attest, signature: found.signature))
    }

    private func note(_ found: DeviceKey) throws {
        guard found != key else { return }
        if key != nil { logger.warning("the TPM's attestation key is another one than before") }
        try store.remember(found)
        key = found
    }

    // MARK: What is shown

    var isInHardware: Bool { module != nil }

    var state: AuditState {
        var reason: String?
        if case .software(let given)? = replay.stretch?.module { reason = given }
        return AuditState(
            isHardware: isInHardware, reason: reason, pcr: isInHardware ? pcr : nil, records: replay.records, head: replay.head,
            register: replay.register, checkpoints: replay.checkpoints, newestCheckpoint: replay.newestCheckpoint,
            waiting: waitingCount, breaks: replay.breaks.map(\.description), key: isInHardware ? key : nil, lastQuote: lastQuote,
            failure: failure)
    }

    /// Lines of the log from a record on, each with its newline, and the record after them.
    func lines(from: UInt64, bytes: Int) throws(NodeError) -> (text: [UInt8], next: UInt64) {
        do { return try store.lines(from: from, bytes: bytes) } catch { throw .storage("\(error)") }
    }
}
