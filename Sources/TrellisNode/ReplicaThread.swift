// The one thread on which a validator's state lives. Syncing a disk and signing block it on purpose: effects are carried out in order.

import Foundation
import Synchronization

/// A serial executor over a thread of its own.
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

    init(name: String) {
        let shared = shared
        let thread = Thread { [unowned self] in self.run(shared) }
        thread.name = name
        thread.stackSize = 8 << 20
        thread.start()
    }

    private func run(_ shared: Shared) {
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
