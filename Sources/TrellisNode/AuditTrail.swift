// A validator's audit trail as it runs: checkpoints that own blocks attested become lines of the log and extensions of a register, in a TPM
// where there is one. It has a thread and a queue of its own; the replica hands checkpoints over and never waits.
//
//     attested --(gathered)--> line, synced --> register extended          one after the other, never beside a quote
//
// Why a line comes first, and how a reader tells a line that did not reach the register from one that was added, stands in
// TrellisAudit/AuditReplay.swift. What was attested and not yet written when a process ends is found again in the journal's own blocks. A TPM
// that does not answer is replaced by a register in software, which a line of the log says, until it answers again.

import Logging
import Synchronization
import TrellisAudit
import TrellisConsensus
import TrellisCrypto
import TrellisModel
import TrellisTPM

/// What an audit trail needs.
struct AuditConfiguration: Sendable {
    var committee: Committee
    var own: ValidatorIndex
    /// Signs quotes.
    var key: any SigningKey
    var dataDirectory: String
    var options: AuditOptions
    var logger: Logger
    /// Counts for the high-water mark.
    var markCounter: MarkCounter
    /// Opens the TPM; nil for a register in software.
    var connect: (@Sendable () throws(TPMError) -> any TrustedModule)?
}

actor AuditTrail {
    /// Checkpoints that wait to be written. More are left to the next start, which finds them in the journal.
    private static let waitingMaximum = 1 << 16
    /// How long checkpoints are gathered for one line.
    private static let gathering: Duration = .milliseconds(200)
    /// Between two quotes that were asked for.
    private static let quoteInterval: Duration = .seconds(1)
    private static let attempts: ClosedRange<Duration> = .seconds(1)...(.seconds(60))

    private enum Job: Sendable {
        case begin
        case write
        case reconnect
        case keepQuote
        case count
        case quote(nonce: [UInt8], CheckedContinuation<Result<AuditQuote, NodeError>, Never>)
    }

    let configuration: AuditConfiguration
    let store: AuditStore
    var logger: Logger { configuration.logger }
    var pcr: Int { configuration.options.pcr }

    private let thread: ReplicaThread
    private let waiting = Mutex<(checkpoints: [Attestation], isAnnounced: Bool)>(([], false))
    /// Whether an own block was signed since the TPM counted last.
    private let hasSigned = Atomic(false)
    private nonisolated let jobs: AsyncStream<Job>.Continuation
    private let jobStream: AsyncStream<Job>
    private var worker: Task<Void, Never>?
    private var timers: [Task<Void, Never>] = []
    private var lastRequest: ContinuousClock.Instant?

    var replay = AuditReplay()
    var module: AuditModule?
    var key: DeviceKey?
    var lastQuote: AuditQuote.Statement?
    private var backoff = attempts.lowerBound
    /// Why nothing is written any more.
    private(set) var failure: String?

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Opens the log; nothing is written yet.
    init(_ configuration: AuditConfiguration) throws {
        self.configuration = configuration
        store = try AuditStore(dataDirectory: configuration.dataDirectory)
        thread = ReplicaThread(name: "audit-\(configuration.own)")
        (jobStream, jobs) = AsyncStream<Job>.makeStream()
        thread.start()
    }

    deinit { thread.stop() }

    // MARK: Life

    /// Follows the log, opens a stretch and goes on from there.
    func start() {
        guard worker == nil else { return }
        jobs.yield(.begin)
        worker = Task { [jobStream] in
            for await job in jobStream { await self.carryOut(job) }
        }
        let options = configuration.options
        timers = [(options.quoteInterval, Job.keepQuote), (options.counterInterval, Job.count)].map { interval, job in
            Task { [jobs] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: interval, tolerance: .seconds(1))
                    if !Task.isCancelled { jobs.yield(job) }
                }
            }
        }
    }

    /// Writes what waits, and lets go of the files.
    func stop() async {
        for timer in timers { timer.cancel() }
        jobs.yield(.write)
        jobs.yield(.count)
        jobs.finish()
        await worker?.value
        module = nil
        store.release()
    }

    /// Takes the checkpoints that an own block attested: of every own block, also if there are none. Never waits.
    nonisolated func attested(_ checkpoints: [Attestation]) {
        hasSigned.store(true, ordering: .relaxed)
        guard !checkpoints.isEmpty else { return }
        let isNew = waiting.withLock { waiting in
            waiting.checkpoints += checkpoints.prefix(max(0, Self.waitingMaximum - waiting.checkpoints.count))
            defer { waiting.isAnnounced = true }
            return !waiting.isAnnounced
        }
        guard isNew else { return }
        Task { [jobs] in
            try? await Task.sleep(for: Self.gathering)
            jobs.yield(.write)
        }
    }

    var waitingCount: Int { waiting.withLock { $0.checkpoints.count } }

    // MARK: Work

    private func carryOut(_ job: Job) async {
        switch job {
        case .begin: await recording { try await self.open() }
        case .write: await recording { try await self.write() }
        case .reconnect: await recording { try await self.reconnect() }
        case .keepQuote: await keepQuote()
        case .count: await recording { try await self.count() }
        case .quote(let nonce, let continuation): continuation.resume(returning: await answer(nonce))
        }
    }

    /// A log that cannot be written ends the trail, not the validator.
    private func recording(_ body: () async throws -> Void) async {
        guard failure == nil else { return }
        do { try await body() } catch {
            failure = "\(error)"
            logger.critical("the audit log has stopped", metadata: ["reason": "\(error)"])
        }
    }

    private func open() async throws {
        replay = try store.replay()
        key = try store.knownKey()
        guard configuration.connect != nil else { return try await begin(.software(reason: "no TPM is configured")) }
        try await connect(orSay: true)
    }

    /// Opens the TPM and a stretch in it; without an answer one in software, if there is none yet.
    private func connect(orSay isFirst: Bool) async throws {
        guard let connect = configuration.connect else { return }
        let found: AuditRecord.Module
        do throws(TPMError) {
            let opened = try await AuditModule.open(connect)
            found = try await stretch(in: opened)
            module = opened
        } catch {
            if isFirst {
                logger.error("the audit trail goes on in software", metadata: ["reason": "\(error)"])
                try await begin(.software(reason: Self.bounded(error.description)))
            }
            return tryLater()
        }
        backoff = Self.attempts.lowerBound
        logger.notice("the audit trail is rooted in a TPM", metadata: ["pcr": "\(pcr)"])
        try await begin(found)
    }

    /// Where the register stands now.
    private func stretch(in module: AuditModule) async throws(TPMError) -> AuditRecord.Module {
        let pcr = pcr
        return try await module.call { module throws(TPMError) in
            let counts = try module.counts()
            return .tpm(pcr: pcr, register: try module.register(pcr), resets: counts.resets, restarts: counts.restarts)
        }
    }

    private func tryLater() {
        let delay = backoff
        backoff = min(Self.attempts.upperBound, backoff * 2)
        Task { [jobs] in
            try? await Task.sleep(for: delay)
            jobs.yield(.reconnect)
        }
    }

    private func reconnect() async throws {
        guard module == nil else { return }
        try await connect(orSay: false)
    }

    private func begin(_ module: AuditRecord.Module) async throws {
        let committee = configuration.committee
        let breaks = replay.breaks.count
        try await record(
            .begin(
                .init(
                    chain: committee.chain, validator: committee.validators[Int(configuration.own)].name, head: replay.head,
                    module: module)))
        for found in replay.breaks.dropFirst(breaks) { logger.warning("the audit log has a break", metadata: ["where": "\(found)"]) }
    }

    /// Writes what waits, as few lines as hold it.
    func write() async throws {
        let taken = waiting.withLock { waiting in
            defer { waiting = ([], false) }
            return waiting.checkpoints
        }
        var newest = replay.newestCheckpoint
        // What a block repeats, and what a restart finds again, is written already.
        var open = taken[...].filter { attestation in
            guard newest.map({ attestation.index > $0 }) ?? true else { return false }
            newest = attestation.index
            return true
        }[...]
        while !open.isEmpty {
            try await record(.attested(Array(open.prefix(AuditRecord.checkpointsMaximum))))
            open = open.dropFirst(AuditRecord.checkpointsMaximum)
        }
    }

    /// Writes a line and extends the register by it.
    private func record(_ event: AuditRecord.Event) async throws {
        let line = AuditRecord(number: replay.records, time: SystemClock.now().wall, event: event).line
        var next = replay
        try next.append(line: line)
        try store.append(line, number: replay.records)
        replay = next
        guard let module else { return }
        let (pcr, digest) = (pcr, HashSuite.sha256.hash(line))
        do throws(TPMError) {
            try await module.call { module throws(TPMError) in try module.extend(pcr, by: digest) }
        } catch {
            try await lose(error)
        }
    }

    /// Has the TPM count, so that copies of the data directory made before are known for old ones.
    private func count() async throws {
        guard let module, hasSigned.exchange(false, ordering: .relaxed) else { return }
        let counter = configuration.markCounter
        do throws(TPMError) {
            try await module.call { module throws(TPMError) in
                do { try counter.advance(module) } catch let error as TPMError { throw error } catch { throw .refused("\(error)") }
            }
        } catch {
            hasSigned.store(true, ordering: .relaxed)
            if case .lost = error { return try await lose(error) }
            logger.error("the TPM did not count for the high-water mark", metadata: ["reason": "\(error)"])
        }
    }

    /// Goes on in software.
    func lose(_ error: TPMError) async throws {
        module = nil
        logger.error("the TPM is gone: the audit trail goes on in software", metadata: ["reason": "\(error)"])
        try await begin(.software(reason: Self.bounded(error.description)))
        tryLater()
    }

    /// Opens a new stretch where something else extended the register.
    func beginAnew() async throws {
        guard let module else { return }
        let found: AuditRecord.Module
        do throws(TPMError) { found = try await stretch(in: module) } catch { return try await lose(error) }
        try await begin(found)
    }

    private static func bounded(_ reason: String) -> String { String(decoding: reason.utf8.prefix(200), as: UTF8.self) }

    // MARK: Quotes

    /// A quote in answer to a nonce of 8 to 64 bytes.
    func quote(nonce: [UInt8]) async throws(NodeError) -> AuditQuote {
        guard AuditQuote.nonceSizes.contains(nonce.count) else { throw .invalid("a nonce has 8 to 64 bytes") }
        let now = ContinuousClock.now
        if let lastRequest, now - lastRequest < Self.quoteInterval { throw .tooSoon }
        lastRequest = now
        let result = await withCheckedContinuation { continuation in
            if case .terminated = jobs.yield(.quote(nonce: nonce, continuation)) {
                continuation.resume(returning: .failure(NodeError.stopped(reason: "it was told to stop")))
            }
        }
        return try result.get()
    }
}
