// What the seeds choose: nothing is left to luck that somebody relies on.

import Testing

@testable import TrellisSimulator

@Suite struct MixTests {
    /// A committee that can have an adversary, in as many seeds as one round of the mix takes for each of its sizes.
    @Test(arguments: [UInt64(1), 300_001])
    func everyProfileMeetsEveryAdversaryUnderBothRules(first: UInt64) {
        var met: Set<String> = []
        for seed in first..<first + 4 * SimulationConfiguration.mixPeriod {
            let chosen = SimulationConfiguration(seed: seed)
            guard chosen.validators >= 4 else { continue }
            met.insert("\(chosen.profile) \(chosen.kind) \(chosen.hasFastPath)")
        }
        #expect(met.count == SimulationProfile.allCases.count * SimulationConfiguration.behaviours.count * 2)
    }

    @Test func halfOfThemHaveMostOfIt() {
        let seeds = 1...SimulationConfiguration.mixPeriod
        let chaos = seeds.count { SimulationConfiguration(seed: $0).profile == .chaos }
        #expect(2 * chaos == seeds.count)
        #expect(seeds.count { SimulationConfiguration(seed: $0).hasFastPath } * 5 == seeds.count * 2)
    }
}
