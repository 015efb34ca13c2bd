// The votes of own seats between judgement and an own block: one batch of a seat at a time, none lost, none twice.

import Testing
import TrellisCrypto
import TrellisModel

@testable import TrellisNode

@Suite struct VoteOutboxTests {
    private let first = SeatPlace(council: 0, seat: 3)
    private let second = SeatPlace(council: 1, seat: 0)

    private func proposal(_ number: UInt8) -> Digest { HashSuite.sha256.hash([number]) }

    private func votes(_ seat: SeatPlace, _ numbers: UInt8...) -> SeatVotes {
        SeatVotes(seat: seat, votes: numbers.map { Vote(proposal: proposal($0), verdict: .approve, reason: "") })
    }

    private func taken(_ outbox: inout VoteOutbox, blockless: Set<Digest> = []) -> [SeatPlace: [Digest]] {
        Dictionary(outbox.take(blockless: blockless).map { ($0.seat, $0.votes.map(\.proposal)) }) { $0 + $1 }
    }

    @Test func whatASeatSaysMeanwhileIsSignedTogether() {
        var outbox = VoteOutbox()
        outbox.add([votes(second, 1), votes(first, 1), votes(first)])
        #expect(outbox.take(blockless: []).map(\.seat) == [first, second])
        // Being signed, then waiting for a block.
        outbox.add([votes(first, 2)])
        #expect(taken(&outbox).isEmpty)
        let transaction = HashSuite.sha256.hash([99])
        outbox.signed(first, as: [transaction])
        outbox.signed(second, as: [])
        outbox.add([votes(first, 3), votes(second, 2)])
        #expect(taken(&outbox, blockless: [transaction]) == [second: [proposal(2)]])
        #expect(taken(&outbox) == [first: [proposal(2), proposal(3)]])
        #expect(taken(&outbox).isEmpty)
    }

    @Test func knowsWhatIsNotSignedYet() {
        var outbox = VoteOutbox()
        outbox.add([votes(first, 1)])
        #expect(outbox.holdsVote(on: proposal(1)) && !outbox.holdsVote(on: proposal(2)))
        _ = outbox.take(blockless: [])
        #expect(outbox.holdsVote(on: proposal(1)))
        outbox.signed(first, as: [HashSuite.sha256.hash([99])])
        #expect(!outbox.holdsVote(on: proposal(1)))
    }

    @Test func forgetsWhatIsDecided() {
        var outbox = VoteOutbox()
        outbox.add([votes(first, 1, 2), votes(second, 1)])
        outbox.forget([proposal(1)])
        #expect(taken(&outbox) == [first: [proposal(2)]])
    }
}
