// From the graph to the fate of every slot (PROTOCOL §5), a pure function of a causally closed DAG, the stakes and the leader schedule.
// What the two rounds above a slot say of it by themselves is the matter of a slot rule: the base rule (BaseRule.swift) or FinWhale
// (FinWhaleRule.swift). What they leave open is decided here:
//
//   indirect     the first slot of round >= r+3 that is not skipped: undecided, wait; committed, it is the anchor, and its causal history
//                decides

public import TrellisModel

public enum SlotStatus: Sendable, Equatable {
    public enum Path: String, Sendable {
        /// By votes alone, two message delays after the proposal.
        case fast
        case direct
        case indirect
    }

    case commit(BlockReference, Path)
    case skip(Path)
    case undecided
}

/// What the blocks of rounds r+1 and r+2 say on a slot of round r. For one graph and all its closed parts the answers never contradict each
/// other: no two commits, no commit and skip, and every anchor chooses what was decided directly.
protocol SlotRule: Sendable {
    func direct(_ dag: DAG, _ slot: Slot, of author: ValidatorIndex) -> SlotStatus
    /// The block that an anchor commits in whose history `reachable` is all of round r+2.
    func choice(_ dag: DAG, _ slot: Slot, of author: ValidatorIndex, reachable: Set<BlockReference>) -> BlockReference?
}

public struct CommitRule: Sendable {
    public internal(set) var schedule: LeaderSchedule
    let fastPath: FastPath?
    private let rule: any SlotRule

    /// - Parameter fastPath: nil for the base rule.
    public init(schedule: LeaderSchedule, fastPath: FastPath? = nil) {
        self.schedule = schedule
        self.fastPath = fastPath
        rule = fastPath.map { FinWhaleRule(thresholds: $0) } ?? BaseRule()
    }

    /// The status of every slot above `last` up to the highest round, in order.
    public func statuses(_ dag: DAG, after last: Slot) -> [(slot: Slot, status: SlotStatus)] {
        guard dag.highestRound >= last.round else { return [] }
        // From the newest down: what is above decides what is below.
        var statuses: [(slot: Slot, status: SlotStatus)] = []
        for round in (last.round...dag.highestRound).reversed() {
            for slot in schedule.slots(round).reversed() where slot > last && slot.round > 0 {
                var status = direct(dag, slot)
                if status == .undecided { status = indirect(dag, slot, above: statuses) }
                statuses.append((slot, status))
            }
        }
        return statuses.reversed()
    }

    /// What the two rounds above the slot say by themselves.
    public func direct(_ dag: DAG, _ slot: Slot) -> SlotStatus { rule.direct(dag, slot, of: schedule.leader(slot)) }

    /// The block of the slot that an anchor commits whose history holds `reachable` at r+2; nil: it skips the slot.
    public func choice(_ dag: DAG, _ slot: Slot, reachable: Set<BlockReference>) -> BlockReference? {
        rule.choice(dag, slot, of: schedule.leader(slot), reachable: reachable)
    }

    /// - Parameter above: the status of every slot above this one, the highest first.
    private func indirect(_ dag: DAG, _ slot: Slot, above: [(slot: Slot, status: SlotStatus)]) -> SlotStatus {
        let first = slot.round + (Mutation.isPlanted(.anchorTooEarly) ? 1 : 3)
        for (candidate, status) in above.reversed() where candidate.round >= first {
            switch status {
            case .skip: continue
            case .undecided where Mutation.isPlanted(.undecidedAnchorPassedOver): continue
            case .undecided: return .undecided
            case .commit where Mutation.isPlanted(.indirectRuleSkipped): return .skip(.indirect)
            case .commit(let anchor, _):
                let reachable = dag.ancestors(of: anchor, at: slot.round + 2)
                return choice(dag, slot, reachable: reachable).map { .commit($0, .indirect) } ?? .skip(.indirect)
            }
        }
        return .undecided
    }
}
