// The seats of this validator that ask somebody else: each evaluation runs on its own, bounded in number and time, and its vote is cast when it
// is there. Votes that become ready together are cast together. Nothing here waits on the replica's thread, nor it on this.

import Logging
import TrellisCrypto
import TrellisEvaluators
import TrellisModel

actor RemoteSeats {
    /// Ready votes wait so long for others of the same seat.
    private static let gathering = Duration.milliseconds(5)

    private let seats: Seats
    private let committee: Committee
    private let logger: Logger
    private let cast: @Sendable ([SeatVotes]) async -> Void
    /// What was evaluated, by proposal and place in `seats`.
    private var votes: [Digest: [Int: Vote]] = [:]
    private var asked: Set<Digest> = []
    private var running: [Digest: Set<Int>] = [:]
    private var ready: [Int: [Vote]] = [:]
    private var isGathering = false
    /// Calls in flight, and what waits for them, by place in `seats`.
    private var calls: [Int: Int] = [:]
    private var waiting: [Int: [SeatQuestion]] = [:]

    init(_ seats: Seats, committee: Committee, logger: Logger, cast: @escaping @Sendable ([SeatVotes]) async -> Void) {
        self.seats = seats
        self.committee = committee
        self.logger = logger
        self.cast = cast
    }

    /// Evaluates what was not evaluated yet, and casts again what was.
    func vote(on proposals: [(identifier: Digest, proposal: Proposal)]) {
        for (identifier, proposal) in proposals {
            let places = seats.seats.indices.filter { seats.isAsked($0, proposal, committee) }
            for place in places {
                if let vote = votes[identifier]?[place] { ready[place, default: []].append(vote) }
            }
            evaluate(identifier, proposal, at: places.filter { votes[identifier]?[$0] == nil && running[identifier]?.contains($0) != true })
        }
        gather()
    }

    /// Opens what is sealed once for all of the seats.
    private func evaluate(_ identifier: Digest, _ proposal: Proposal, at places: [Int]) {
        guard !places.isEmpty, let question = seats.question(identifier, proposal) else { return }
        asked.insert(identifier)
        running[identifier, default: []].formUnion(places)
        for place in places {
            waiting[place, default: []].append(question)
            next(place)
        }
    }

    /// Lets go of what is decided: whatever is still evaluated comes too late.
    func forget(_ proposals: [Digest]) {
        for proposal in proposals {
            asked.remove(proposal)
            votes[proposal] = nil
            running[proposal] = nil
        }
        for place in waiting.keys { waiting[place]?.removeAll { !asked.contains($0.identifier) } }
    }

    private func next(_ place: Int) {
        let limit = seats.seats[place].evaluator.endpoint?.calls ?? 1
        while calls[place, default: 0] < limit, let question = waiting[place]?.first {
            waiting[place]?.removeFirst()
            calls[place, default: 0] += 1
            let seat = seats.seats[place]
            let brief = seats.brief(place, committee)
            Task {
                let vote = try? await question.vote(of: (seat.council, seat.seat), chain: seats.chain) { [logger] input in
                    let evaluation = await seat.evaluator.evaluate(input, isSealed: question.isSealed, for: brief)
                    if let detail = evaluation.detail {
                        // What a judge wrote about a sealed request is not for the log.
                        let reason = question.isSealed ? evaluation.reason : detail
                        logger.warning(
                            "no verdict", metadata: ["council": "\(brief.council)", "seat": "\(brief.seat)", "reason": "\(reason)"])
                    }
                    return evaluation
                }
                done(place, question, vote)
            }
        }
    }

    private func done(_ place: Int, _ question: SeatQuestion, _ vote: Vote?) {
        calls[place, default: 1] -= 1
        running[question.identifier]?.remove(place)
        if asked.contains(question.identifier), let vote {
            votes[question.identifier, default: [:]][place] = vote
            ready[place, default: []].append(vote)
            gather()
        }
        next(place)
    }

    private func gather() {
        guard !isGathering, !ready.isEmpty else { return }
        isGathering = true
        Task {
            try? await Task.sleep(for: Self.gathering)
            await flush()
        }
    }

    private func flush() async {
        isGathering = false
        let gathered = ready
        ready = [:]
        await cast(gathered.map { SeatVotes(seat: seats.seats[$0.key].place, votes: $0.value) })
    }
}
