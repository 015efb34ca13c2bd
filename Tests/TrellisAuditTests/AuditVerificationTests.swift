// Logs and quotes held against each other: whole ones, and each way in which they may be wrong.

import Testing
import TrellisAudit
import TrellisCrypto
import TrellisModel

@Suite struct AuditVerificationTests {
    /// A TPM's log with a restart of the process, a boot, a stretch in software and the TPM again.
    private func history() throws -> (LogWriter, SoftTPM) {
        var (writer, tpm) = (try LogWriter(), try SoftTPM())
        try writer.begin(&tpm)
        try writer.attest(1, 2, to: &tpm)
        try writer.begin(&tpm)
        try writer.attest(4, to: &tpm)
        tpm.reset()
        try writer.begin(&tpm)
        try writer.attest(9, 10, 12, to: &tpm)
        try writer.beginSoftware()
        try writer.write(.attested([LogWriter.checkpoint(13)]))
        try writer.begin(&tpm)
        try writer.attest(15, to: &tpm)
        return (writer, tpm)
    }

    private func expectation(_ writer: LogWriter, _ tpm: SoftTPM?) throws -> AuditExpectation {
        var expected = AuditExpectation()
        expected.nonce = LogWriter.nonce
        expected.key = try tpm?.publicKey
        expected.committee = writer.committee
        return expected
    }

    private func verify(_ lines: [[UInt8]], _ quote: [UInt8], _ expected: AuditExpectation) throws(AuditError) -> AuditReport {
        try AuditVerification.verify(log: LogWriter.text(lines), quote: quote, expected)
    }

    @Test func aWholeHistoryHolds() throws {
        let (writer, tpm) = try history()
        let report = try verify(writer.lines, try writer.quote(tpm), try expectation(writer, tpm))
        #expect(report.isHardware && report.isKeyPinned && report.isNonceChecked && report.isValidatorChecked)
        #expect(report.replay.checkpoints == 8 && report.replay.stretches == 5 && report.replay.breaks.isEmpty)
        #expect(report.attestation?.resets == 2)
        // Two lines of the last boot, two in software, two in the TPM again.
        #expect(report.replay.registered == [4..<6, 8..<10] && report.replay.softwareRecords == 2)
        #expect(report.validator == "solo")
    }

    @Test func withoutKeyNonceAndGenesisLessIsProven() throws {
        let (writer, tpm) = try history()
        let report = try verify(writer.lines, try writer.quote(tpm), AuditExpectation())
        #expect(!report.isKeyPinned && !report.isNonceChecked && !report.isValidatorChecked)
    }

    @Test func aReorderedShortenedOrLengthenedLogIsRefused() throws {
        let (writer, tpm) = try history()
        let (quote, expected) = (try writer.quote(tpm), try expectation(writer, tpm))
        for place in writer.lines.indices.dropLast() {
            var lines = writer.lines
            lines.swapAt(place, place + 1)
            #expect(throws: AuditError.self) { try verify(lines, quote, expected) }
        }
        for place in writer.lines.indices {
            var lines = writer.lines
            lines.remove(at: place)
            #expect(throws: AuditError.self) { try verify(lines, quote, expected) }
            lines.insert(writer.lines[place], at: place)
            lines.insert(writer.lines[place], at: place)
            #expect(throws: AuditError.self) { try verify(lines, quote, expected) }
        }
        let records = UInt64(writer.lines.count)
        #expect(throws: AuditError.shortened(records: records - 1, quoted: records)) {
            try verify(writer.lines.dropLast(), quote, expected)
        }
        var (longer, later) = (writer, tpm)
        try longer.attest(20, to: &later)
        #expect(throws: AuditError.lengthened(records: records + 1, quoted: records)) { try verify(longer.lines, quote, expected) }
        var lenient = expected
        lenient.allowsLaterRecords = true
        #expect(try verify(longer.lines, quote, lenient).laterRecords == 1)
    }

    @Test func aLogRewrittenWithGoodNumbersIsRefused() throws {
        let (writer, tpm) = try history()
        // The same history without checkpoint 10, every number and head right.
        var (other, otherTPM) = (try LogWriter(), try SoftTPM())
        try other.begin(&otherTPM)
        try other.attest(1, 2, to: &otherTPM)
        otherTPM.reset()
        try other.begin(&otherTPM)
        while other.lines.count < writer.lines.count { try other.attest(20 + other.replay.records, to: &otherTPM) }
        #expect(throws: AuditError.otherRecords) { try verify(other.lines, try writer.quote(tpm), try expectation(writer, tpm)) }
    }

    @Test func everyByteOfTheLogCounts() throws {
        let (writer, tpm) = try history()
        let (quote, expected) = (try writer.quote(tpm), try expectation(writer, tpm))
        for place in stride(from: 0, to: writer.log.count, by: 7) {
            var log = writer.log
            log[place] ^= 1
            #expect(throws: AuditError.self) { try AuditVerification.verify(log: log, quote: quote, expected) }
        }
        #expect(throws: AuditError.self) { try AuditVerification.verify(log: Array(writer.log.dropLast()), quote: quote, expected) }
        #expect(throws: AuditError.self) { try AuditVerification.verify(log: [], quote: quote, expected) }
    }

    @Test func everyByteOfTheQuoteCounts() throws {
        let (writer, tpm) = try history()
        let (quote, expected) = (try writer.quote(tpm), try expectation(writer, tpm))
        for place in stride(from: 0, to: quote.count, by: 13) {
            var bytes = quote
            bytes[place] ^= 1
            #expect(throws: AuditError.self, "byte \(place)") { try verify(writer.lines, bytes, expected) }
        }
    }

    @Test func anOldNonceIsRefused() throws {
        let (writer, tpm) = try history()
        var expected = try expectation(writer, tpm)
        expected.nonce = [UInt8](repeating: 9, count: 20)
        #expect(throws: AuditError.otherNonce) { try verify(writer.lines, try writer.quote(tpm), expected) }
        // The validator says the new nonce, the TPM's quote is an old one.
        let (old, new) = (try writer.quote(tpm), try writer.quote(tpm, nonce: [UInt8](repeating: 9, count: 20)))
        let (oldQuote, newQuote) = (try #require(AuditQuote(json: old)), try #require(AuditQuote(json: new)))
        let mixed = AuditQuote(statement: newQuote.statement, signature: newQuote.signature, hardware: oldQuote.hardware)
        #expect(throws: AuditError.tpm(.badNonce)) { try verify(writer.lines, mixed.json, expected) }
    }

    @Test func otherKeysAreRefused() throws {
        let (writer, tpm) = try history()
        var expected = try expectation(writer, tpm)
        expected.key = try SoftTPM(seed: 4).publicKey
        #expect(throws: AuditError.otherKey) { try verify(writer.lines, try writer.quote(tpm), expected) }
        var (software, _) = (try LogWriter(), 0)
        try software.beginSoftware()
        #expect(throws: AuditError.otherKey) { try verify(software.lines, try software.quote(nil), expected) }
    }

    @Test func softwareSaysThatItIsAndNeedsTheGenesis() throws {
        var writer = try LogWriter()
        try writer.beginSoftware()
        try writer.write(.attested([LogWriter.checkpoint(3)]))
        try writer.beginSoftware()
        let report = try verify(writer.lines, try writer.quote(nil), try expectation(writer, nil))
        #expect(!report.isHardware && report.isValidatorChecked)
        #expect(throws: AuditError.needsGenesis) { try verify(writer.lines, try writer.quote(nil), AuditExpectation()) }
        #expect(throws: AuditError.otherModule) { try verify(writer.lines, try writer.quote(try SoftTPM()), try expectation(writer, nil)) }
    }

    @Test func aLineThatDidNotReachTheRegisterIsAllowedOnceAStretch() throws {
        var (writer, tpm) = (try LogWriter(), try SoftTPM())
        try writer.begin(&tpm)
        try writer.attest(1, to: &tpm)
        // Killed between the line and the register.
        try writer.write(.attested([LogWriter.checkpoint(2)]))
        let lost = writer
        try writer.begin(&tpm)
        try writer.attest(3, to: &tpm)
        let replay = try verify(writer.lines, try writer.quote(tpm), try expectation(writer, tpm)).replay
        #expect(replay.breaks.isEmpty && replay.registered == [0..<2, 3..<5])
        // Before the next start that line is proven by nothing.
        var before = try SoftTPM()
        before.register = lost.replay.register
        #expect(throws: AuditError.self) {
            try verify(lost.lines, try lost.quote(tpm), try expectation(lost, tpm))
        }
    }

    @Test func twoLinesThatDidNotReachTheRegisterAreABreak() throws {
        var (writer, tpm) = (try LogWriter(), try SoftTPM())
        try writer.begin(&tpm)
        try writer.write(.attested([LogWriter.checkpoint(2)]))
        try writer.write(.attested([LogWriter.checkpoint(3)]))
        try writer.begin(&tpm)
        let found = AuditBreak(record: 3, kind: .registerMoved)
        #expect(throws: AuditError.breaks([found])) { try verify(writer.lines, try writer.quote(tpm), try expectation(writer, tpm)) }
        var lenient = try expectation(writer, tpm)
        lenient.allowsBreaks = true
        #expect(try verify(writer.lines, try writer.quote(tpm), lenient).replay.breaks == [found])
    }

    @Test func somethingElseInTheRegisterIsABreak() throws {
        var (writer, tpm) = (try LogWriter(), try SoftTPM())
        let measured = HashSuite.sha256.hash(Array("enter-initrd".utf8))
        tpm.extend(measured)
        let beginning = tpm.register
        try writer.begin(&tpm)
        #expect(throws: AuditError.breaks([AuditBreak(record: 0, kind: .unknownBeginning(beginning))])) {
            try verify(writer.lines, try writer.quote(tpm), try expectation(writer, tpm))
        }
        var knowing = try expectation(writer, tpm)
        knowing.beginnings = [beginning]
        #expect(try verify(writer.lines, try writer.quote(tpm), knowing).replay.breaks.isEmpty)
        tpm.extend(measured)
        try writer.begin(&tpm)
        #expect(throws: AuditError.breaks([AuditBreak(record: 1, kind: .registerMoved)])) {
            try verify(writer.lines, try writer.quote(tpm), knowing)
        }
    }

    @Test func anotherTPMIsABreak() throws {
        var (writer, tpm) = try history()
        tpm.resets = 1
        tpm.register = AuditReplay.zeros
        try writer.begin(&tpm)
        #expect(throws: AuditError.breaks([AuditBreak(record: 10, kind: .otherModule)])) {
            try verify(writer.lines, try writer.quote(tpm), try expectation(writer, tpm))
        }
        // A quote of a later boot than the log knows of.
        var (short, later) = try history()
        later.resets += 1
        #expect(throws: AuditError.resetSince(logged: 2, quoted: 3)) {
            try verify(short.lines, try short.quote(later), try expectation(short, later))
        }
        short.lines.removeAll()
    }

    @Test func aQuoteOfAnotherValidatorOrChainIsRefused() throws {
        let (writer, tpm) = try history()
        let quote = try #require(AuditQuote(json: try writer.quote(tpm)))
        let statement = quote.statement
        func changed(chain: Digest? = nil, validator: ValidatorIndex = 0) -> [UInt8] {
            AuditQuote(
                statement: .init(
                    chain: chain ?? statement.chain, validator: validator, nonce: statement.nonce, time: statement.time,
                    records: statement.records, head: statement.head, register: statement.register, key: statement.key),
                signature: quote.signature, hardware: quote.hardware
            ).json
        }
        let expected = try expectation(writer, tpm)
        #expect(throws: AuditError.otherChain) { try verify(writer.lines, changed(chain: AuditReplay.zeros), expected) }
        #expect(throws: AuditError.otherChain) { try verify(writer.lines, changed(validator: 7), expected) }
        let forged = AuditQuote(statement: statement, signature: quote.signature.reversed(), hardware: quote.hardware).json
        #expect(throws: AuditError.badValidatorSignature) { try verify(writer.lines, forged, expected) }
    }
}
