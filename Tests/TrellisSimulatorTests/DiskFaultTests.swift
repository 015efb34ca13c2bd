// What the simulator's disks and clocks do wrong: all of it, in seeds that nobody chose.

import Testing
import TrellisConsensus

@testable import TrellisSimulator

@Suite struct DiskFaultTests {
    /// The first seeds with the part of the mix that has disks' faults, as `trellis simulate` runs them, but with less quiet at the end.
    @Test func everythingGoesWrongInSomeSeed() throws {
        let wanted: Set<DiskTrouble> = [.rot, .overwritten, .misdirected, .flippedRead, .slowSync]
        var found: Set<DiskMishap> = []
        var seed: UInt64 = 0
        while seed < 200, !found.isSuperset(of: wanted.map { DiskMishap(trouble: $0, place: "journal") }) || places(found).count < 6 {
            seed += 1
            let configuration = SimulationConfiguration(seed: seed, idle: 1000)
            guard [.disks, .chaos].contains(configuration.profile) else { continue }
            let report = try Simulation(configuration: configuration).run()
            #expect(report.violations == [], "\(report.command)")
            found.formUnion(report.mishaps)
        }
        #expect(Set(found.map(\.trouble)).isSuperset(of: wanted))
        #expect(places(found).count >= 6, "\(found)")
    }

    private func places(_ mishaps: Set<DiskMishap>) -> Set<String> { Set(mishaps.map(\.place)) }

    /// The journal, the entries, and what is derived from them; the rest in further seeds. An index is on disk from the first snapshot on.
    @Test func filesOfEveryKindAreDamaged() throws {
        let wanted: Set<String> = ["journal", "log/entries", "log/nodes", "index"]
        var found: Set<String> = []
        for seed in UInt64(15)...60 where !found.isSuperset(of: wanted) {
            let report = try Simulation(
                configuration: SimulationConfiguration(seed: seed, validators: 4, duration: 6000, profile: .disks, idle: 1000)
            ).run()
            #expect(report.violations == [], "\(report.command)")
            found.formUnion(report.mishaps.map(\.place))
        }
        #expect(found.isSuperset(of: wanted), "\(found)")
    }

    @Test func aDriftingClockIsWaitedForAsLongAsItTakes() {
        var random = SimulationRandom(seed: 1)
        var faults = Faults(.clocks, &random)
        faults.drift = 2000
        var drifts: Set<UInt64> = []
        for seed in UInt64(0)..<50 {
            var luck = SimulationRandom(seed: seed)
            var clock = SimulatedClock(faults, &random, luck: &luck)
            clock.boot(&random)
            for now in [UInt64(0), 1_500, 123_456_789, 3_600_000_001] {
                let said = clock.moment(now).monotonic
                for wait in [UInt64(0), 1, 250, 60_000] {
                    let delay = clock.delay(until: said + wait, now)
                    #expect(clock.moment(now + delay).monotonic >= said + wait)
                    if delay > 0 { #expect(clock.moment(now + delay - 1).monotonic < said + wait) }
                }
            }
            drifts.insert(clock.moment(3_600_000_000).monotonic - clock.moment(0).monotonic)
        }
        #expect(drifts.count > 40 && drifts.contains { $0 < 3_597_000 } && drifts.contains { $0 > 3_603_000 })
    }
}
