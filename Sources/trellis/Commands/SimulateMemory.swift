// `trellis simulate --rounds`: one validator for many rounds, and what it holds on the way.

import Foundation
import TrellisSimulator

enum SimulateMemory {
    /// Prints a line for each tenth of `rounds`.
    static func run(validators: Int, rounds: UInt64) throws {
        var course = try LongRun(validators: validators)
        let started = ContinuousClock.now
        for part in 1...10 {
            let end = rounds * UInt64(part) / 10
            try course.advance(end - rounds * UInt64(part - 1) / 10)
            Terminal.print("round \(end): \(course.summary), \(residentMiB) MiB resident at most")
        }
        let seconds = Double((ContinuousClock.now - started) / .milliseconds(1)) / 1000
        let blocks = rounds * UInt64(validators)
        Terminal.print("\(validators) validators, \(rounds) rounds, \(blocks) blocks in \(seconds) s")
    }

    /// The most that this process ever held, in MiB (getrusage(2) tells KiB).
    private static var residentMiB: Int {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
        return usage.ru_maxrss >> 10
    }
}
