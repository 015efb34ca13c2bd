// What is on its way of certified commits and their blocks: who was asked for what, what came before its turn, and what to ask for next.

import TrellisModel

/// What a peer was asked for last, and has not answered.
struct CatchUpRequest: Sendable {
    enum Subject: Sendable {
        case commits
        case blocks(Set<BlockReference>)
    }

    let subject: Subject
    let sentAt: UInt64
    let until: UInt64
    /// Nobody waits for the answer any more. It is taken all the same.
    var isOverdue = false

    var blocks: Set<BlockReference> { if case .blocks(let blocks) = subject { blocks } else { [] } }
    var isForCommits: Bool { if case .commits = subject { true } else { false } }
}

struct RangeSync: Sendable {
    /// Requests that are waited for at a time, each with another peer.
    static let requestsMaximum = 2

    struct Pending: Sendable {
        let commit: Commit
        /// Who sent it.
        let source: ValidatorIndex
    }

    /// Certified commits that are not put out yet, in order.
    private(set) var commits: [Pending] = []
    /// Of their blocks, those that did not come for them, and those that did.
    private var missing: Set<BlockReference> = []
    private(set) var blocks: [BlockReference: Block] = [:]
    private(set) var bytes = 0
    /// The last one to each peer.
    var requests: [ValidatorIndex: CatchUpRequest] = [:]
    /// Who showed that it does not hold what is wanted.
    var lacking: Set<ValidatorIndex> = []
    /// Whether no more commits are asked for before these are put out.
    var isLast = false
    /// When something came that helped.
    var progressAt: UInt64 = 0
    private var received = (blocks: 0, bytes: 0)

    var openRequests: Int { requests.values.count { !$0.isOverdue } }
    var isWaitingForCommits: Bool { requests.values.contains { !$0.isOverdue && $0.isForCommits } }
    /// Who is not to be asked for anything else now.
    var busy: Set<ValidatorIndex> { Set(requests.filter { !$0.value.isOverdue }.keys) }

    /// Bytes of a block, as far as is known.
    var blockBytes: Int { received.blocks == 0 ? 0 : received.bytes / received.blocks }

    mutating func append(_ fresh: [Commit], from source: ValidatorIndex) {
        commits += fresh.map { Pending(commit: $0, source: source) }
        for commit in fresh { missing.formUnion(commit.blocks) }
        isLast = false
    }

    func wants(_ reference: BlockReference) -> Bool { missing.contains(reference) }

    mutating func hold(_ block: Block) {
        guard missing.remove(block.reference) != nil else { return }
        blocks[block.reference] = block
        bytes += block.encoded.count
        received = (received.blocks + 1, received.bytes + block.encoded.count)
    }

    /// The block, if it came, which is not wanted any more.
    mutating func take(_ reference: BlockReference) -> Block? {
        missing.remove(reference)
        guard let block = blocks.removeValue(forKey: reference) else { return nil }
        bytes -= block.encoded.count
        return block
    }

    mutating func removeFirst() {
        for reference in commits.removeFirst().commit.blocks { _ = take(reference) }
        lacking = []
    }

    /// Forgets the commits, and waits for none that were to follow.
    mutating func removeAll() {
        for peer in requests.keys where requests[peer]?.isForCommits == true { requests[peer]?.isOverdue = true }
        commits = []
        missing = []
        blocks = [:]
        bytes = 0
        lacking = []
    }

    /// The first commits' blocks that nobody is asked for, as many as an answer may hold. What comes before its turn is held in memory: with
    /// much of that, only the blocks of the next commit.
    func next(in dag: DAG, _ limits: Limits) -> [BlockReference] {
        let asked = requests.values.reduce(into: Set<BlockReference>()) { if !$1.isOverdue { $0.formUnion($1.blocks) } }
        let most = min(PeerMessage.fetchMaximum, blockBytes == 0 ? .max : max(1, limits.messageBytes / blockBytes))
        var found: [BlockReference] = []
        for pending in commits.prefix(bytes > 4 * limits.messageBytes ? 1 : commits.count) {
            for block in pending.commit.blocks where missing.contains(block) && !asked.contains(block) && !dag.contains(block) {
                found.append(block)
                guard found.count < most else { return found }
            }
        }
        return found
    }
}
