// Whole committees under every kind of trouble, with fixed seeds; many more run with `trellis simulate --seeds`.

import Testing
import TrellisModel
import TrellisSimulator

@Suite struct SimulationTests {
    func run(
        _ seed: UInt64, _ profile: SimulationProfile, validators: Int? = nil, duration: Milliseconds = 2000, idle: Milliseconds = 5000,
        signatures: SimulatedSignatures = .hash, hasFastPath: Bool? = nil, down: Int = 0, adversary: String? = nil, transcript: Bool = false
    ) throws -> SimulationReport {
        try Simulation(
            configuration: SimulationConfiguration(
                seed: seed, validators: validators, duration: duration, profile: profile, idle: idle, signatures: signatures,
                hasFastPath: hasFastPath, down: down, adversary: adversary, transcript: transcript)
        ).run()
    }

    @Test(arguments: SimulationProfile.allCases, [UInt64(1), 2, 3])
    func nothingGoesWrong(profile: SimulationProfile, seed: UInt64) throws {
        for hasFastPath in [false, true] {
            let report = try run(seed, profile, hasFastPath: hasFastPath)
            #expect(report.violations == [], "\(report.command)")
            #expect(report.commits > 10 || report.mayStall)
        }
    }

    @Test(arguments: SimulationConfiguration.behaviours)
    func noAdversaryBreaksAnything(adversary: String) throws {
        let report = try run(4, .byzantine, validators: 7, adversary: adversary)
        #expect(report.violations == [], "\(report.command)")
        #expect(report.commits > 10)
    }

    @Test(arguments: [1, 2, 3, 7, 10])
    func everySizeOfCommitteeWorks(validators: Int) throws {
        let report = try run(7, .calm, validators: validators, duration: 500)
        #expect(report.violations == [])
        #expect(report.afterIdle.worst <= 50_000)
    }

    @Test func oneSeedIsOneRun() throws {
        let first = try run(11, .chaos, transcript: true)
        let second = try run(11, .chaos, transcript: true)
        #expect(first.transcript == second.transcript)
        #expect(first.transcript.count > 1000)
        #expect(first.summary == second.summary)
        let other = try run(12, .chaos, validators: first.configuration.validators, transcript: true)
        #expect(other.transcript != first.transcript)
    }

    @Test func aLoneTransactionAfterAnIdleHourIsAsFastAsUnderLightLoad() throws {
        let report = try run(1, .calm, validators: 4, duration: 500, idle: 3_600_000, hasFastPath: false)
        #expect(report.violations == [])
        // Five message delays at most: one to wake the others, four to order.
        #expect(report.lightLoad.worst == 50_000)
        #expect(report.afterIdle.worst <= report.lightLoad.worst)
        #expect(report.decided.worst <= 60_000)
        #expect(report.afterIdleCertified <= 60_000)
        #expect(report.idleTicksPermille <= 1000)
    }

    @Test func theFastPathSavesAMessageDelay() throws {
        let report = try run(1, .calm, validators: 4, duration: 500, hasFastPath: true)
        #expect(report.violations == [])
        #expect(report.lightLoad.worst == 40_000)
        #expect(report.afterIdle.worst <= 40_000)
        #expect(report.decided.worst <= 50_000)
    }

    @Test func withOneOfFourDownTheRestGoesOn() throws {
        let report = try run(1, .calm, validators: 4, down: 1)
        #expect(report.violations == [])
        // A round whose leader is down takes the leader's timeout.
        #expect(report.afterIdle.worst <= 500_000)
    }

    @Test func withTwoOfFourDownNothingIsDecidedAndTheCheckersSaySo() throws {
        let report = try run(1, .calm, validators: 4, duration: 500, down: 2)
        #expect(report.commits == 0)
        #expect(report.violations.contains { $0.contains("lacks") })
    }

    @Test func whatEquivocatorsDoIsInEveryLedger() throws {
        let reports = try (UInt64(1)...3).map { try run($0, .byzantine, validators: 4, adversary: "equivocator") }
        for report in reports { #expect(report.violations == [], "\(report.command)") }
        #expect(reports.contains { $0.evidence > 0 })
        #expect(reports.allSatisfy { $0.equivocations == 0 || $0.evidence > 0 })
    }

    @Test func aLostDiskIsRecoveredAndNobodySignsTwice() throws {
        let reports = try (UInt64(21)...28).map { try run($0, .amnesia, validators: 4, duration: 4000, hasFastPath: $0 % 2 == 0) }
        for report in reports { #expect(report.violations == [], "\(report.command)") }
        #expect(reports.contains { $0.losses > 0 })
    }

    /// The repair leaves a ledger that is ahead of the journal.
    @Test(arguments: [UInt64(7), 12, 15, 19]) func aJournalThatLostItsEndIsGoneOnFrom(seed: UInt64) throws {
        let report = try Simulation(configuration: SimulationConfiguration(seed: seed, profile: .disks)).run()
        #expect(report.violations == [], "\(report.command)")
    }

    @Test func realSignaturesGiveARunOfTheirOwn() throws {
        let report = try run(1, .jitter, validators: 4, duration: 200, signatures: .mlDSA65)
        #expect(report.violations == [])
        #expect(report.commits > 5)
    }
}
