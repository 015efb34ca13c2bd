// When a validator complains that it cannot catch up.

import Testing

@testable import TrellisNode

@Suite struct LagTests {
    @Test func complainsOnceAMinuteWhileNothingMoves() {
        var lag = Lag()
        func isStuck(_ highest: UInt64, _ claimed: UInt64, _ second: UInt64) -> Bool {
            lag.isStuck(at: highest, margin: 60, claimed: claimed, now: 1000 * second)
        }
        #expect(!isStuck(10, 500, 1))
        #expect(!isStuck(10, 520, 60))
        #expect(isStuck(10, 540, 61))
        #expect(!isStuck(10, 540, 62))
        #expect(isStuck(10, .max, 121))
        // It moved: another minute.
        #expect(!isStuck(11, 800, 182))
        #expect(!isStuck(11, 800, 241))
        #expect(isStuck(11, 800, 242))
        // It is near enough.
        #expect(!isStuck(790, 800, 400))
        #expect(!isStuck(790, 850, 600))
        #expect(!isStuck(.max, 1, 700))
    }
}
