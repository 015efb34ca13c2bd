// The two clocks of the machine, read in one place.

import Foundation
import TrellisConsensus

enum SystemClock {
    static func now() -> Moment { Moment(monotonic: read(CLOCK_MONOTONIC), wall: read(CLOCK_REALTIME)) }

    /// CPU time of the whole process, in microseconds.
    static func cpuTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}
