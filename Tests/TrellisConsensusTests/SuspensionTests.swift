// Whose account suspended blocks are on, and what finds room.

import Testing
import TrellisModel

@testable import TrellisConsensus

@Suite struct SuspensionTests {
    /// A liar hides a chain that is longer than an account from some, an honest block stands on it, and the liar's own account is full of older
    /// blocks: the chain is held from its lowest end on, on the account of who stands on it, though that one's own block is displaced first.
    @Test func whatAnHonestBlockStandsOnFindsRoom() throws {
        let committee = try TestCommittee()
        var suspension = Suspension(perSponsorMaximum: 2)
        var chain = [committee.block(1, 1, committee.genesis)]
        for round in 2...8 { chain.append(committee.block(1, Round(round), [chain[round - 2].reference])) }
        let unknown = committee.block(1, 1, committee.genesis, timestamp: 2000).reference
        for round: Round in 2...3 {
            let isHeld = suspension.suspend(committee.block(1, round, [unknown], timestamp: 2001), missing: [unknown])
            #expect(isHeld)
        }
        let isHeld = suspension.suspend(committee.block(2, 9, [chain[7].reference]), missing: [chain[7].reference])
        #expect(isHeld)
        for place in (1...7).reversed() {
            let isHeld = suspension.suspend(chain[place], missing: [chain[place - 1].reference])
            #expect(isHeld)
            #expect(suspension.sponsors(of: chain[place - 1].reference) == [2])
        }
        #expect(suspension.count == 4)
        let released = suspension.release(chain[0].reference)
        #expect(released.map(\.reference) == [chain[1].reference])
    }
}
