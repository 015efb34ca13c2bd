// Notices that this validator is far behind and gets no further: peers keep only so much of their journals, and one that was away for
// longer cannot catch up from them.

import TrellisModel

struct Lag {
    static let patience: Milliseconds = 60_000

    private var highest: Round = 0
    /// When the highest round last grew, or was last complained of.
    private var since: Milliseconds?

    /// A peer speaks of round `claimed`. Returns whether to complain: it is more than `margin` rounds above the own highest one, which
    /// has not moved for a minute. A peer that lies brings about one false complaint a minute.
    mutating func isStuck(at highest: Round, margin: UInt64, claimed: Round, now: Milliseconds) -> Bool {
        guard claimed > highest, claimed - highest > margin, highest == self.highest, let since else {
            self.highest = highest
            since = now
            return false
        }
        guard now >= since, now - since >= Self.patience else { return false }
        self.since = now
        return true
    }
}
