// The names of the adversaries, and which one comes with which.

import TrellisModel

/// How a validator behaves.
enum Behaviour: String, CaseIterable {
    case correct
    /// Never says anything.
    case silent
    /// Shows each block to some only, and serves nobody.
    case withholder
    /// Talks to just as many as a quorum takes, always the same.
    case selectiveSender = "selective-sender"
    /// Signs two or three blocks in every round and shows them to different validators.
    case equivocator
    /// Two full validators run under one key, each heard by some.
    case twins
    /// Leaves out the leader's block wherever a quorum can be had without it.
    case parentPicker = "parent-picker"
    /// Opens every round at once, waits for nobody, and always has work.
    case roundRacer = "round-racer"
    /// Signs timestamps from the past and the future.
    case timestampLiar = "timestamp-liar"
    /// Puts blocks into others' mouths.
    case forger
    /// Signs blocks that break one rule.
    case ruleBreaker = "rule-breaker"
    /// Sends what no decoder should swallow.
    case garbler
    /// Answers requests with other blocks, false certificates, and rounds that are not there.
    case syncPoisoner = "sync-poisoner"
    /// Tells who has forgotten what it signed too little.
    case falseWitness = "false-witness"
    /// Sends again what it once heard, and signs for other epochs and chains.
    case replayer
    /// Attests roots that nobody computed.
    case falseAttester = "false-attester"
    /// Holds its blocks back until they are almost too late.
    case lateVoter = "late-voter"
    /// Floods others with blocks of far rounds, invented parents, third twins and requests.
    case flooder

    static let adversaries = Array(allCases.dropFirst())

    func adversary(own: ValidatorIndex, random: SimulationRandom) -> (any Adversary)? {
        switch self {
        case .correct, .silent, .twins: nil
        case .withholder: Withholder()
        case .selectiveSender: SelectiveSender()
        case .equivocator: Equivocator(random: random)
        case .parentPicker: ParentPicker()
        case .roundRacer: RoundRacer(random: random)
        case .timestampLiar: TimestampLiar(random: random)
        case .forger: Forger(random: random)
        case .ruleBreaker: RuleBreaker(random: random)
        case .garbler: Garbler(random: random)
        case .syncPoisoner: SyncPoisoner(random: random)
        case .falseWitness: FalseWitness(random: random)
        case .replayer: Replayer(random: random)
        case .falseAttester: FalseAttester(random: random)
        case .lateVoter: LateVoter(random: random)
        case .flooder: Flooder(random: random)
        }
    }
}
