// From decided leaders to the total order: what each committed leader puts out, in which order, and when (PROTOCOL §5, "Linearise").
// What has been put out never changes. Everything here is a function of the DAG.

public import TrellisCrypto
public import TrellisModel

public struct Linearizer: Sendable {
    public private(set) var dag: DAG
    private var rule: CommitRule
    /// Nil where leaders take turns for ever.
    private var reputation: Reputation?
    private let suite: HashSuite
    private let gcDepth: UInt64
    /// The last slot whose fate has been put out.
    public private(set) var lastDecided: Slot
    public private(set) var last: LastCommit
    /// Whether the graph has grown since its slots were last judged.
    private var isUnjudged = true

    /// As much of the newest commit as the next one depends on.
    public struct LastCommit: Sendable, Equatable {
        public var index: UInt64
        public var leaderRound: Round
        public var timestamp: Milliseconds
        public var digest: Digest

        /// Before the first commit.
        public static func none(chain: Digest, suite: HashSuite) -> Self {
            .init(index: 0, leaderRound: 0, timestamp: 0, digest: Commit.origin(chain: chain, suite: suite))
        }

        public init(index: UInt64, leaderRound: Round, timestamp: Milliseconds, digest: Digest) {
            self.index = index
            self.leaderRound = leaderRound
            self.timestamp = timestamp
            self.digest = digest
        }

        public init(_ commit: Commit) {
            self.init(index: commit.index, leaderRound: commit.leader.round, timestamp: commit.timestamp, digest: commit.digest)
        }
    }

    /// - Parameter scheduleInterval: commits after which leaders are chosen anew; 0: never.
    public init(dag: DAG, rule: CommitRule, suite: HashSuite, gcDepth: UInt64, scheduleInterval: UInt64 = 0, last: LastCommit) {
        self.dag = dag
        self.rule = rule
        self.suite = suite
        self.gcDepth = gcDepth
        if scheduleInterval > 0 { reputation = Reputation(interval: scheduleInterval, validators: dag.stakes.count) }
        self.last = last
        lastDecided = Slot(
            round: last.leaderRound, rank: last.index == 0 ? rule.schedule.leadersPerRound : rule.schedule.leadersPerRound - 1)
    }

    /// Blocks at or below this round are not put out any more.
    public var gcRound: Round { last.leaderRound > gcDepth ? last.leaderRound - gcDepth : 0 }

    @discardableResult
    public mutating func insert(_ vertex: Vertex) -> Bool {
        guard dag.insert(vertex) else { return false }
        isUnjudged = true
        return true
    }

    public var schedule: LeaderSchedule { rule.schedule }

    public func statuses() -> [(slot: Slot, status: SlotStatus)] { rule.statuses(dag, after: lastDecided) }

    /// Commits every leader of the decided prefix, in order.
    public mutating func advance() -> [Commit] {
        guard isUnjudged else { return [] }
        isUnjudged = false
        var commits: [Commit] = []
        var isRescheduled = true
        while isRescheduled {
            isRescheduled = false
            for (slot, status) in statuses() {
                guard status != .undecided else { return commits }
                lastDecided = slot
                guard case .commit(let leader, _) = status else { continue }
                let commit = output(leader)
                commits.append(commit)
                // Beyond a boundary others lead, and what was decided there without having been put out is decided again.
                isRescheduled = commit.standing?.since == leader.round
                if isRescheduled { break }
            }
        }
        return commits
    }

    private mutating func output(_ leader: BlockReference) -> Commit {
        let blocks = history(of: leader)
        let median = medianTimestamp(of: leader)
        let timestamp = Mutation.isPlanted(.timestampsUnclamped) ? median : max(last.timestamp, median)
        let commit = Commit(
            index: last.index + 1, leader: leader, blocks: blocks, timestamp: timestamp, previous: last.digest,
            standing: standing(after: blocks, of: leader), suite: suite)
        for block in blocks { dag.markOutput(block) }
        settle(commit)
        return commit
    }

    private func standing(after blocks: [BlockReference], of leader: BlockReference) -> LeaderStanding? {
        reputation?.advanced(
            by: blocks, of: leader, index: last.index + 1, in: dag, floor: gcRound,
            certificate: rule.fastPath?.majority ?? dag.stakes.quorum
        ) { rule.schedule.leader(Slot(round: $0, rank: 0)) }
    }

    /// - Parameter isKnown: whether what it says of leaders counts; else a mistake is planted.
    private mutating func settle(_ commit: Commit, isKnown: Bool = true) {
        last = LastCommit(commit)
        if let standing = commit.standing, reputation != nil, isKnown {
            reputation?.adopt(standing)
            rule.schedule.follow(standing)
        }
        dag.prune(below: gcRound + (Mutation.isPlanted(.collectionOffByOne) ? 2 : 0))
    }

    /// A commit that was decided before a restart: marks its blocks and moves on without deciding again.
    public mutating func replay(_ commit: Commit) {
        for block in commit.blocks where !Mutation.isPlanted(.outputForgotten) { dag.markOutput(block) }
        let slots = rule.schedule.slots(commit.leader.round)
        // Of the first one that is brought back the schedule need not be known.
        lastDecided = slots.first { rule.schedule.leader($0) == commit.leader.author } ?? slots.last ?? lastDecided
        settle(commit, isKnown: !Mutation.isPlanted(.standingForgotten))
    }

    /// The leader's causal history that no commit has put out, above the gc round, in output order.
    private func history(of leader: BlockReference) -> [BlockReference] {
        let floor = gcRound
        var visited: Set<BlockReference> = [leader]
        var open = [leader]
        var found: [BlockReference] = []
        while let next = open.popLast() {
            guard let vertex = dag.vertex(next), !vertex.isOutput, next.round > floor else { continue }
            found.append(next)
            for parent in vertex.parents where parent.round > floor && visited.insert(parent).inserted { open.append(parent) }
        }
        return Mutation.isPlanted(.historyUnsorted) ? found : found.sorted()
    }

    /// The stake-weighted median of the timestamps of the leader's parents in the round below it.
    private func medianTimestamp(of leader: BlockReference) -> Milliseconds {
        guard let vertex = dag.vertex(leader) else { return 0 }
        let votes = vertex.parents.filter { $0.round + 1 == leader.round }.map { parent in
            (timestamp: dag.vertex(parent)?.timestamp ?? 0, stake: dag.stakes[parent.author])
        }.sorted { $0.timestamp < $1.timestamp }
        let total = votes.reduce(0) { $0 + $1.stake }
        var cumulative: Stake = 0
        for vote in votes {
            cumulative += vote.stake
            if cumulative * 2 > total { return vote.timestamp }
        }
        return 0
    }
}
