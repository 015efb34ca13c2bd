// Which neighbour is tried, when, and what becomes of it.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the optimizer would do if it were free to.
public struct Recommendation: Sendable, Equatable {
    public let choice: Choice
    /// By how much the score is expected to grow over what is in force, and the standard deviation of that, as logarithms.
    public let advantage: Double
    public let deviation: Double
    /// Whether there is nothing left to learn about it: it is what is in force, or is surely better.
    public let isSure: Bool
}

extension Optimizer {
    /// Deviations by which a neighbour must be better to be adopted: it is so with 90 %.
    private static let sureDeviations = 1.28
    /// A gain that decides which neighbour is tried next; smaller ones are noise.
    private static let promise = 0.02
    private static let samplesMinimum = 5

    /// What it would put in force, or try, next.
    public var recommendation: Recommendation {
        guard let last = history.last?.trial, !isConverged, let best = candidates(last).max(by: { $0.upper < $1.upper }) else {
            return Recommendation(choice: incumbent, advantage: 0, deviation: 0, isSure: true)
        }
        return Recommendation(
            choice: best.choice, advantage: best.mean, deviation: best.deviation,
            isSure: best.mean > Self.sureDeviations * best.deviation)
    }

    private struct Candidate {
        let turn: Turn
        let choice: Choice
        let mean: Double
        let deviation: Double
        var upper: Double { mean + deviation }
        var lower: Double { mean - deviation }
    }

    /// The neighbours that promise enough to be tried.
    private func candidates(_ trial: Trial) -> [Candidate] {
        let base = at(incumbent, trial)
        return Turn.all.compactMap { turn in
            guard let neighbour = space.neighbour(of: incumbent, turn) else { return nil }
            let (mean, deviation) = model.advantage(of: at(neighbour, trial), over: base)
            let candidate = Candidate(turn: turn, choice: neighbour, mean: mean, deviation: deviation)
            return candidate.upper >= log(1 + settings.convergence) ? candidate : nil
        }
    }

    mutating func decide(_ trial: Trial, _ number: UInt64) {
        if let probe { return weigh(probe, trial, number) }
        if incumbent != space.standard {
            let (mean, deviation) = model.advantage(of: at(space.standard, trial), over: at(incumbent, trial))
            if mean > Self.sureDeviations * deviation {
                incumbent = space.standard
                choice = incumbent
                isConverged = false
                return did(.returns, number, "what is configured is better by \(mean.percent)")
            }
        }
        explore(trial, number)
    }

    /// In the first half of every turn of the intervals something may begin to be tried.
    private func isForTrying(_ number: UInt64) -> Bool { number % UInt64(settings.window) < UInt64(settings.window) / 2 }
    private func turn(of number: UInt64) -> UInt64 { number / UInt64(settings.window) }
    /// So many measurements decide: half a turn, less the one before and the one in which what came before is finished. What is promising
    /// then gets a whole turn.
    private var samplesMaximum: Int { max(2, settings.window / 2 - 2) }

    private mutating func weigh(_ probe: Probe, _ trial: Trial, _ number: UInt64) {
        let (mean, deviation) = model.advantage(of: at(probe.choice, trial), over: at(incumbent, trial))
        let change = probe.choice.difference(from: incumbent)
        if probe.samples >= 2, mean > Self.sureDeviations * deviation {
            incumbent = probe.choice
            choice = incumbent
            self.probe = nil
            did(.adopts, number, "\(change): better by \(mean.percent), give or take \(deviation.percent)")
        } else if probe.samples >= 1, mean + deviation < 0 {
            giveUp(.abandons, number, "\(change): worse by \((-mean).percent), give or take \(deviation.percent)")
        } else if probe.samples >= (mean > Self.promise ? settings.window : samplesMaximum) || turn(of: number) > probe.number + 2 {
            giveUp(.ends, number, "\(change): not surely better, \(mean.percent), give or take \(deviation.percent)")
        }
    }

    private mutating func giveUp(_ kind: Deed.Kind, _ number: UInt64, _ reason: String) {
        probe = nil
        choice = incumbent
        did(kind, number, reason)
    }

    private mutating func explore(_ trial: Trial, _ number: UInt64) {
        let turn = turn(of: number)
        guard explores, !isConverged, lastTurn != turn, isForTrying(number),
            history.count(where: { $0.choice == incumbent }) >= Self.samplesMinimum
        else { return }
        let found = candidates(trial)
        guard !found.isEmpty else {
            isConverged = true
            return did(.converges, number, "no neighbour promises \(log(1 + settings.convergence).percent)")
        }
        lastTurn = turn
        // Two intervals pass before what is bad is given up.
        let affordable = found.filter { account >= 2 * max(0, -$0.lower) }
        guard let next = pick(affordable, turn) else { return }
        probe = Probe(turn: next.turn, choice: next.choice, number: turn)
        choice = next.choice
        did(
            .tries, number,
            "\(next.choice.difference(from: incumbent)): expected \(next.mean.percent), at best \(next.upper.percent), affordable \((account / 2).percent)"
        )
    }

    /// What is promising already, or whose turn it is: all validators take turns in one order, since what one of them changes alone may
    /// show nothing.
    private func pick(_ candidates: [Candidate], _ turn: UInt64) -> Candidate? {
        if let best = candidates.max(by: { $0.mean < $1.mean }), best.mean > Self.promise { return best }
        let first = Int(turn % UInt64(Turn.all.count))
        let order = Turn.all[first...] + Turn.all[..<first]
        return order.lazy.compactMap { turn in candidates.first { $0.turn == turn } }.first
    }
}
