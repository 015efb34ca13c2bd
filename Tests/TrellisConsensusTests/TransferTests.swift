// Catching up by state: whose offers are taken, how long one may take, whose entries are taken, and what an own log that is not the
// certified one looks like.

import Testing
import TrellisConsensus
import TrellisCrypto
import TrellisModel

@Suite struct TransferTests {
    /// Validator 0, which was offered the state after the last commit by `peer`.
    private func offered(_ size: UInt64, rounds: Round = Absence.rounds) throws -> (absence: Absence, peer: ValidatorIndex, index: UInt64) {
        var absence = try Absence(rounds: rounds)
        absence.wake()
        let peer = try #require(absence.asked.last?.peer)
        let last = try #require(absence.commits.last)
        absence.give(.offer(absence.certificate(of: last), size: size), from: peer)
        return (absence, peer, last.index)
    }

    /// The foundation of the state after the last commit.
    private func foundation(_ absence: Absence) throws -> Foundation {
        let committee = absence.test.committee
        let headers = Foundation.blocks(absence.commits, committee).compactMap { absence.blocks[$0]?.header }
        return try #require(Foundation(commits: absence.commits, headers: headers, committee: committee))
    }

    /// As `offered`, with the state fetched and checked, and five entries in the own log.
    private func checked() throws -> (absence: Absence, peer: ValidatorIndex, index: UInt64) {
        var (absence, peer, index) = try offered(3)
        absence.give(.state(index: index, offset: 0, [1, 2, 3]), from: peer)
        absence.hear(.checked(try foundation(absence), logSize: 5))
        #expect(absence.asked.last?.message == .fetchEntries(from: 5, size: index))
        return (absence, peer, index)
    }

    private var entry: [UInt8] { [1, 2, 3] }

    @Test func aStateComesInPartsFromWhoOfferedIt() throws {
        let committee = try Absence().test.committee
        let part = Core.statePartBytes(committee)
        var (absence, peer, index) = try offered(UInt64(part) + 10)
        #expect(absence.asked.last?.message == .fetchState(index: index, offset: 0) && absence.asked.last?.peer == peer)
        let other = try #require(absence.test.authors.last { $0 != peer && $0 != 0 })
        absence.give(.state(index: index, offset: 0, [UInt8](repeating: 1, count: part)), from: other)
        absence.give(.state(index: index, offset: 7, [UInt8](repeating: 1, count: part)), from: peer)
        #expect(absence.asked.last?.message == .fetchState(index: index, offset: 0))
        absence.give(.state(index: index, offset: 0, [UInt8](repeating: 1, count: part)), from: peer)
        #expect(absence.asked.last?.message == .fetchState(index: index, offset: UInt64(part)))
        absence.give(.state(index: index, offset: UInt64(part), [UInt8](repeating: 2, count: 10)), from: peer)
        #expect(absence.laggard.checking?.count == part + 10)
    }

    @Test(arguments: [UInt64(0), 1 << 40, .max]) func anOfferOfASizeThatNoStateHasIsALie(size: UInt64) throws {
        var (absence, liar, _) = try offered(size)
        #expect(absence.asked.last?.peer != liar && absence.isAskingForCommits)
        let before = absence.asked.count
        absence.pass(5000, answersAfter: 10)
        #expect(absence.laggard.commits == absence.commits)
        #expect(!absence.askedPeers[before...].contains(liar))
    }

    @Test func anOfferThatNobodyAskedForIsNone() throws {
        var absence = try Absence()
        absence.wake()
        let peer = try #require(absence.asked.last?.peer)
        let other = try #require(absence.test.authors.last { $0 != peer && $0 != 0 })
        absence.give(.offer(absence.certificate(of: absence.commits[30]), size: 10), from: other)
        #expect(absence.asked.count == 1)
    }

    @Test func whoOffersAStateAndIsSilentIsGivenUp() throws {
        var (absence, liar, _) = try offered(100)
        absence.pass(20_000, answersAfter: 10, except: [liar])
        #expect(absence.laggard.commits == absence.commits)
    }

    /// A state said to be large that drips in at the last moment each time.
    @Test func aStateMustComeInReasonableTime() throws {
        var (absence, liar, index) = try offered(64 << 20)
        let part = Core.statePartBytes(absence.test.committee)
        var offset = 0
        let begin = absence.laggard.now
        while case .fetchState? = absence.asked.last?.message, absence.laggard.now < begin + 3_600_000 {
            absence.laggard.pass(30_000)
            absence.collect()
            absence.give(.state(index: index, offset: UInt64(offset), [UInt8](repeating: 1, count: part)), from: liar)
            offset += part
        }
        #expect(absence.laggard.now < begin + 200_000)
        absence.pass(10_000, answersAfter: 10, except: [liar])
        #expect(absence.laggard.commits == absence.commits)
    }

    @Test func aStateOnASlowLinkComes() throws {
        var (absence, peer, index) = try offered(10 << 20)
        let part = Core.statePartBytes(absence.test.committee)
        // Three seconds each, the first of which is asked for twice meanwhile.
        for number in 0..<10 {
            absence.laggard.pass(1500)
            absence.laggard.pass(1500)
            absence.collect()
            absence.give(.state(index: index, offset: UInt64(number * part), [UInt8](repeating: 1, count: part)), from: peer)
        }
        #expect(absence.laggard.checking?.count == 10 << 20)
    }

    @Test func aFalseStateIsALie() throws {
        var (absence, liar, index) = try offered(3)
        absence.give(.state(index: index, offset: 0, [1, 2, 3]), from: liar)
        absence.hear(.refused(logSize: 5))
        let before = absence.asked.count - 1
        absence.pass(5000, answersAfter: 10)
        #expect(absence.laggard.commits == absence.commits)
        #expect(!absence.askedPeers[before...].contains(liar))
    }

    @Test func entriesAreTakenFromWhoeverWasAskedAndHoweverLate() throws {
        var (absence, peer, index) = try checked()
        #expect(absence.asked.last?.peer == peer)
        absence.give(.entries(from: 5, [entry], proof: []), from: peer == 1 ? 2 : 1)
        #expect(absence.laggard.staging == 0, "it was not asked")
        absence.laggard.pass(1100)
        absence.collect()
        let second = try #require(absence.asked.last?.peer)
        #expect(second != peer && absence.asked.last?.message == .fetchEntries(from: 5, size: index))
        absence.give(.entries(from: 5, [entry], proof: []), from: peer)
        #expect(absence.laggard.staging == 1)
        #expect(absence.asked.last?.message == .fetchEntries(from: 6, size: index) && absence.asked.last?.peer == peer)
        absence.hear(.staged(logSize: 6))
        // Too late.
        absence.give(.entries(from: 5, [entry], proof: []), from: second)
        #expect(absence.laggard.staging == 1)
        let rest = [[UInt8]](repeating: entry, count: Int(index) - 6)
        absence.give(.entries(from: 6, rest + [entry], proof: []), from: peer)
        #expect(absence.laggard.staging == 1, "more than there are")
        absence.laggard.pass(1)
        absence.collect()
        let third = try #require(absence.asked.last?.peer)
        #expect(third != peer)
        absence.give(.entries(from: 6, rest, proof: []), from: third)
        absence.hear(.staged(logSize: index))
        #expect(absence.laggard.installs == 1)
        var recovered = Recovered(commits: absence.commits)
        recovered.vertices = try foundation(absence).vertices
        absence.hear(.installed(recovered))
        #expect(absence.laggard.core.lastCommit.index == index && !absence.laggard.isDiverged)
    }

    /// Only the first false part has somebody to blame; and if others of more than f of the stake say the same, it is the own log.
    @Test func anOwnLogThatIsNotTheCertifiedOneIsSaidToBeSo() throws {
        var (absence, first, index) = try checked()
        absence.give(.entries(from: 5, [entry], proof: []), from: first)
        absence.give(.entries(from: 6, [entry], proof: []), from: first)
        #expect(absence.laggard.staging == 2)
        absence.hear(.refused(logSize: 5))
        absence.hear(.refused(logSize: 5))
        #expect(absence.laggard.divergedLog == nil)
        let second = try #require(absence.asked.last?.peer)
        #expect(second != first && absence.asked.last?.message == .fetchEntries(from: 5, size: index))
        absence.give(.entries(from: 5, [entry], proof: []), from: second)
        absence.hear(.refused(logSize: 5))
        #expect(absence.laggard.divergedLog == 5 && absence.laggard.core.isHalted)
    }

    @Test func aLiarAmongThoseWhoGiveEntriesIsPassedOver() throws {
        var (absence, liar, index) = try checked()
        absence.give(.entries(from: 5, [entry], proof: []), from: liar)
        absence.hear(.refused(logSize: 5))
        let honest = try #require(absence.asked.last?.peer)
        #expect(honest != liar)
        absence.give(.entries(from: 5, [entry], proof: []), from: honest)
        absence.hear(.staged(logSize: 6))
        #expect(absence.laggard.divergedLog == nil)
        #expect(absence.asked.last?.message == .fetchEntries(from: 6, size: index) && absence.asked.last?.peer == honest)
        absence.give(.unavailable, from: honest)
        let third = try #require(absence.asked.last?.peer)
        #expect(third != honest && third != liar)
    }
}

@Suite struct AnswerBudgetTests {
    @Test func whoAsksWithoutEndIsNotAnswered() throws {
        let limits = try TestCommittee().committee.limits
        var budget = AnswerBudget(limits)
        var answers = 0
        while budget.admits(1, now: 0), answers < 1000 {
            budget.charge(limits.messageBytes, to: 1)
            answers += 1
        }
        #expect(answers == 8)
        // Each has a bucket of its own, which fills.
        let admitted = [budget.admits(2, now: 0), budget.admits(1, now: 0), budget.admits(1, now: 200), budget.admits(1, now: .max)]
        #expect(admitted == [true, false, true, true])
        // What is asked for in vain is not free.
        var requests = 0
        while budget.admits(2, now: 0), requests < 100_000 {
            budget.charge(0, to: 2)
            requests += 1
        }
        #expect(requests < 10_000)
    }
}
