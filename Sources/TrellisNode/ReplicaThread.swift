// The one thread on which a validator's state lives. Syncing a disk and signing block it on purpose: effects are carried out in order.

import Foundation
import Synchronization

/// A serial executor over a thread of its own, which keeps it alive from `start` to `stop`.
final class ReplicaThread: SerialExecutor, Sendable {
    private struct State {
        var jobs: [UnownedJob] = []
        var isStopped = false
    }

    private final class Shared: @unchecked Sendable {
        // Guarded by `condition`.
        var state = State()
        let condition = NSCondition()
    }

    private let shared = Shared()
    private let name: String

    init(name: String) { self.name = name }

    /// Call once. Jobs that were queued before run then.
    func start() {
        let thread = Thread { self.run() }
        thread.name = name
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Ends the thread when it has run what is queued.
    func stop() {
        shared.condition.lock()
        shared.state.isStopped = true
        shared.condition.signal()
        shared.condition.unlock()
    }

    private func run() {
        while true {
            shared.condition.lock()
            while shared.state.jobs.isEmpty && !shared.state.isStopped { shared.condition.wait() }
            let jobs = shared.state.jobs
            shared.state.jobs = []
            let isStopped = shared.state.isStopped
            shared.condition.unlock()
            if jobs.isEmpty && isStopped { return }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        shared.condition.lock()
        shared.state.jobs.append(job)
        shared.condition.signal()
        shared.condition.unlock()
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}
