// Runs numbered work on several threads, and hands over the results in the order of the numbers.

import Dispatch
import Synchronization

enum OrderedJobs {
    private struct State<Result> {
        var next: UInt64?
        var due: UInt64
        var waiting: [UInt64: Result] = [:]
        var failure: (any Error)?
    }

    /// - Parameters:
    ///   - work: runs on any of `jobs` threads.
    ///   - each: is called once for every number, in order, by one thread at a time.
    static func run<Result: Sendable>(
        _ range: ClosedRange<UInt64>, jobs: Int, work: @Sendable (UInt64) throws -> Result, each: (UInt64, Result) -> Void
    ) throws {
        let state = Mutex(State<Result>(next: range.lowerBound, due: range.lowerBound))
        withoutActuallyEscaping(each) { each in
            let deliver = UncheckedEach(body: each)
            DispatchQueue.concurrentPerform(iterations: jobs) { _ in
                while let number = state.withLock({ take(&$0, range) }) {
                    do {
                        let result = try work(number)
                        state.withLock { hand(over: result, number, &$0, deliver) }
                    } catch {
                        state.withLock {
                            $0.failure = error
                            $0.next = nil
                        }
                    }
                }
            }
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    private static func take<Result>(_ state: inout State<Result>, _ range: ClosedRange<UInt64>) -> UInt64? {
        guard let next = state.next else { return nil }
        state.next = next < range.upperBound ? next + 1 : nil
        return next
    }

    private static func hand<Result>(over result: Result, _ number: UInt64, _ state: inout State<Result>, _ each: UncheckedEach<Result>) {
        state.waiting[number] = result
        while let due = state.waiting.removeValue(forKey: state.due) {
            each.body(state.due, due)
            state.due &+= 1
        }
    }

    /// Called under the lock alone.
    private struct UncheckedEach<Result>: @unchecked Sendable {
        let body: (UInt64, Result) -> Void
    }
}
