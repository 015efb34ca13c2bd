// Runs numbered work on several threads, and hands over the results in the order of the numbers.

import Dispatch
import Synchronization

enum OrderedJobs {
    /// Numbers that are worked on before results are handed over, for each job.
    private static let batch: UInt64 = 16

    /// - Parameters:
    ///   - work: runs on any of `jobs` threads.
    ///   - each: is called once for every number, in order, by the calling thread.
    static func run<Result: Sendable>(
        _ range: ClosedRange<UInt64>, jobs: Int, work: @Sendable (UInt64) throws -> Result, each: (UInt64, Result) -> Void
    ) throws {
        var first = range.lowerBound
        while true {
            let last = min(range.upperBound, first + (jobs == 1 ? 0 : Self.batch * UInt64(jobs)))
            for (number, result) in try results(first...last, jobs, work) { each(number, result) }
            guard last < range.upperBound else { return }
            first = last + 1
        }
    }

    private static func results<Result: Sendable>(
        _ range: ClosedRange<UInt64>, _ jobs: Int, _ work: @Sendable (UInt64) throws -> Result
    ) throws -> [(key: UInt64, value: Result)] {
        let next = Mutex(range.lowerBound)
        let done = Mutex<(results: [UInt64: Result], failure: (any Error)?)>(([:], nil))
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while true {
                let number = next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                guard number <= range.upperBound else { return }
                do {
                    let result = try work(number)
                    done.withLock { $0.results[number] = result }
                } catch {
                    done.withLock { $0.failure = error }
                }
            }
        }
        return try done.withLock { done in
            if let failure = done.failure { throw failure }
            return done.results.sorted { $0.key < $1.key }
        }
    }
}
