// Missing blocks and whom they were asked of. Bounded by account, as suspended blocks are (Suspension.swift).

import TrellisCrypto
import TrellisModel

struct Fetches: Sendable {
    private struct Fetch: Sendable {
        let sponsor: ValidatorIndex
        /// Who built on it, the last to be heard of first; only what nobody honest needs has no honest holder.
        var holders: [ValidatorIndex]
        var attempts = 0
        var askAgainAt: UInt64
    }

    /// Fetches in flight for one account.
    private let perSponsorMaximum: Int
    var retry: UInt64
    private var entries: [BlockReference: Fetch] = [:]
    private var charged: [ValidatorIndex: Int] = [:]

    init(validators: Int, retry: UInt64) {
        perSponsorMaximum = Self.perSponsorMaximum(validators: validators)
        self.retry = retry
    }

    /// Room for all parents of several blocks.
    static func perSponsorMaximum(validators: Int) -> Int { max(4 * validators, 4 * PeerMessage.fetchMaximum / validators) }

    var count: Int { entries.count }
    /// On the fullest account.
    var countOfOne: Int { charged.values.max() ?? 0 }
    /// When the next request is due.
    var nextAt: UInt64? { entries.values.lazy.map { $0.askAgainAt }.min() }

    /// Notes that `holder` built on `reference`, and so must hold it: it is asked at once, before all others. Nothing happens when it is
    /// known as a holder, or when every account that needs the block is full.
    mutating func add(_ reference: BlockReference, holder: ValidatorIndex, sponsors: [ValidatorIndex], now: UInt64) {
        if entries[reference] != nil {
            guard !isKnown(holder, of: reference) else { return }
            entries[reference]?.holders.insert(holder, at: 0)
            entries[reference]?.attempts = 0
            entries[reference]?.askAgainAt = now
        } else if let sponsor = sponsors.first(where: hasRoom) {
            charged[sponsor, default: 0] += 1
            entries[reference] = Fetch(sponsor: sponsor, holders: [holder], askAgainAt: now)
        }
    }

    private func hasRoom(_ account: ValidatorIndex) -> Bool {
        charged[account, default: 0] < perSponsorMaximum || Mutation.isPlanted(.fetchesUnbounded)
    }

    func contains(_ reference: BlockReference) -> Bool { entries[reference] != nil }
    func isKnown(_ holder: ValidatorIndex, of reference: BlockReference) -> Bool {
        entries[reference]?.holders.contains(holder) == true
    }

    mutating func remove(_ reference: BlockReference) {
        guard let fetch = entries.removeValue(forKey: reference) else { return }
        charged[fetch.sponsor, default: 1] -= 1
    }

    mutating func remove(atOrBelow round: Round) {
        for reference in entries.keys where reference.round <= round { remove(reference) }
    }

    /// The requests that are due, by peer, each sorted; forgets what is not wanted any more.
    mutating func due(_ now: UInt64, isWanted: (BlockReference) -> Bool) -> [(peer: ValidatorIndex, references: [BlockReference])] {
        guard let nextAt, nextAt <= now else { return [] }
        var requests: [ValidatorIndex: [BlockReference]] = [:]
        for (reference, fetch) in entries where fetch.askAgainAt <= now {
            guard isWanted(reference) else {
                remove(reference)
                continue
            }
            requests[fetch.holders[fetch.attempts % fetch.holders.count], default: []].append(reference)
            entries[reference]?.attempts += 1
            // Nobody may have it, if a liar invented it: each time all were asked in vain, the next round of asking is slower, and
            // then at the same moments for all that is missing.
            let rounds = min(fetch.attempts / fetch.holders.count, 3)
            let wait = retry << UInt64(rounds)
            entries[reference]?.askAgainAt = rounds == 0 ? now + wait : (now / max(1, wait) + 1) * wait
        }
        return requests.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
    }
}
