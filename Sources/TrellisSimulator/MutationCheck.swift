// Whether the simulator notices: one deliberate mistake after the other is planted in the protocol, until some seed finds it.

import TrellisModel

/// What became of one planted mistake.
public struct MutationOutcome: Sendable {
    /// The mistake's name.
    public let mutation: String
    /// The run that found it and the first thing it found; nil: it survived all seeds.
    public let caught: (report: SimulationReport, violation: String)?
}

public enum MutationCheck {
    /// The names of all mistakes.
    public static var mutations: [String] { Mutation.allCases.map(\.rawValue) }

    /// Where a mistake is sought if nobody says: those in the recall show only where disks are lost, what is not taken up again where somebody is
    /// away for long, an undecided anchor where quorums are bare; the others anywhere.
    public static func profile(for mutation: String) -> SimulationProfile? {
        switch Mutation(rawValue: mutation) {
        case .undecidedAnchorPassedOver: .quorums
        case .reclaimedForgotten: .absences
        case .recallNotAsked, .recallCountsItself, .recallOneRoundShort, .recallByOwnBlocks: .amnesia
        default: nil
        }
    }

    /// Runs one seed after the other with a mistake planted, until one finds it. Nil when there is no such mistake.
    ///
    /// - Throws: when no committee can be made of a configuration.
    public static func run(
        _ name: String, seeds: ClosedRange<UInt64>, _ configuration: (UInt64) -> SimulationConfiguration
    ) throws -> MutationOutcome? {
        guard let mutation = Mutation(rawValue: name) else { return nil }
        return try Mutation.$planted.withValue(mutation) {
            for seed in seeds {
                var configuration = configuration(seed)
                configuration.stopsAtViolation = true
                if mutation.isAboutCatchingUp {
                    (configuration.profile, configuration.adversary, configuration.duration) = (.absences, "sync-poisoner", 15_000)
                }
                if mutation.isAboutFastPath { configuration.hasFastPath = true }
                let report = try Simulation(configuration: configuration).run()
                if let violation = report.violations.first { return MutationOutcome(mutation: name, caught: (report, violation)) }
            }
            return MutationOutcome(mutation: name, caught: nil)
        }
    }
}
