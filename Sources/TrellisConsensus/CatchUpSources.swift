// Whom a validator asks that is far behind, and how long it waits for each (PROTOCOL §8). Silence makes it wait longer and ask others first,
// and only what is false makes a liar, and that not for ever. What one peer does touches nobody else's account.

import TrellisModel

struct CatchUpSources: Sendable {
    private struct Source: Sendable {
        /// Requests in a row that brought nothing, and until when there is no other.
        var vain = 0
        var notBefore: UInt64 = 0
        /// How often the wait for its answers is doubled.
        var patience = 0
        /// Whether it sent something false.
        var hasLied = false
    }

    private static let doublingsMaximum = 6
    /// What a link carries in a millisecond as long as nothing is known of it, in bytes.
    private static let bytesPerMillisecond: UInt64 = 1024

    private let retry: UInt64
    private var sources: [ValidatorIndex: Source] = [:]
    private var last: ValidatorIndex

    /// - Parameter retry: as in `Pacing`.
    init(own: ValidatorIndex, retry: UInt64) {
        self.retry = retry
        last = own
    }

    /// How long something of so many bytes may take at first, in milliseconds.
    func time(bytes: Int) -> UInt64 { 4 * retry + UInt64(clamping: bytes) / Self.bytesPerMillisecond }

    /// How long an answer of so many bytes is waited for, in milliseconds.
    func wait(for peer: ValidatorIndex, bytes: Int = 0) -> UInt64 { time(bytes: bytes) << UInt64(sources[peer]?.patience ?? 0) }

    /// Whether it has not been asked in vain since it last answered.
    func isTrusted(_ peer: ValidatorIndex) -> Bool { sources[peer].map { $0.vain == 0 && !$0.hasLied } ?? true }

    /// The next one to ask; nil while there is nobody.
    ///
    /// - Parameters:
    ///   - candidates: in order.
    ///   - busy: those of them who are not to be asked now.
    mutating func next(of candidates: [ValidatorIndex], except busy: Set<ValidatorIndex> = [], now: UInt64) -> ValidatorIndex? {
        // Liars are no more than f of the stake: if everybody else was asked in vain, somebody may have been wronged.
        if candidates.allSatisfy({ !isTrusted($0) }) { for peer in candidates { sources[peer]?.hasLied = false } }
        let open = candidates.filter { peer in
            !busy.contains(peer) && sources[peer].map { !$0.hasLied && $0.notBefore <= now } ?? true
        }
        guard let chosen = open.min(by: { rank($0) < rank($1) }) else { return nil }
        last = chosen
        return chosen
    }

    /// Who answered last and fast comes first; among equals one after the other.
    private func rank(_ peer: ValidatorIndex) -> (vain: Int, patience: Int, turn: Int, peer: ValidatorIndex) {
        let source = sources[peer] ?? Source()
        return (source.vain, source.patience, peer > last ? 0 : 1, peer)
    }

    /// When one of them may be asked again who may not be now.
    func nextAt(of candidates: [ValidatorIndex], after now: UInt64) -> UInt64? {
        candidates.compactMap { sources[$0]?.notBefore }.filter { $0 > now }.min()
    }

    /// An answer came, of so many bytes: the next one may take twice as long.
    mutating func answered(_ peer: ValidatorIndex, after elapsed: UInt64, bytes: Int = 0) {
        var patience = 0
        while patience < Self.doublingsMaximum, time(bytes: bytes) << UInt64(patience) < 2 * min(elapsed, .max / 2) { patience += 1 }
        sources[peer, default: Source()].patience = patience
    }

    /// What came was of use.
    mutating func helped(_ peer: ValidatorIndex) {
        sources[peer]?.vain = 0
        sources[peer]?.notBefore = 0
    }

    mutating func timedOut(_ peer: ValidatorIndex, now: UInt64) {
        sources[peer, default: Source()].patience = min(Self.doublingsMaximum, (sources[peer]?.patience ?? 0) + 1)
        wasInVain(peer, now: now)
    }

    /// It answered, and that did not help.
    mutating func wasInVain(_ peer: ValidatorIndex, now: UInt64) {
        var source = sources[peer] ?? Source()
        source.vain = min(Self.doublingsMaximum, source.vain + 1)
        source.notBefore = now + 4 * retry << UInt64(min(source.vain, 5))
        sources[peer] = source
    }

    mutating func lied(_ peer: ValidatorIndex, now: UInt64) {
        wasInVain(peer, now: now)
        sources[peer]?.hasLied = true
    }
}
