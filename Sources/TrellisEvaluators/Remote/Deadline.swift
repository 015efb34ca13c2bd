// Waiting with an end: what is asked of others may never come, and may not even be interruptible.

import Synchronization
import TrellisModel

/// Waits for work, but no longer than a given time, whether or not the work can be interrupted.
enum Deadline {
    static func run<Value: Sendable>(
        within limit: Milliseconds, _ work: @escaping @Sendable () async throws -> Value
    ) async throws(RemoteFailure) -> Value {
        let outcome = Outcome<Value>()
        let task = Task { await outcome.settle { try await work() } }
        let timer = Task {
            try? await Task.sleep(for: .milliseconds(limit))
            if !Task.isCancelled { outcome.settle(.failure(RemoteFailure.timedOut(limit))) }
        }
        let result = await outcome.value
        timer.cancel()
        task.cancel()
        switch result {
        case .success(let value): return value
        case .failure(let failure as RemoteFailure): throw failure
        case .failure: throw .noConnection
        }
    }

    /// The first result, for whoever waits.
    private final class Outcome<Value: Sendable>: Sendable {
        private enum State {
            case open
            case awaited(CheckedContinuation<Result<Value, any Error>, Never>)
            case settled(Result<Value, any Error>)
        }

        private let state = Mutex(State.open)

        func settle(_ work: () async throws -> Value) async {
            do { settle(.success(try await work())) } catch { settle(.failure(error)) }
        }

        func settle(_ result: Result<Value, any Error>) {
            let waiting = state.withLock { state -> CheckedContinuation<Result<Value, any Error>, Never>? in
                switch state {
                case .open:
                    state = .settled(result)
                    return nil
                case .awaited(let continuation):
                    state = .settled(result)
                    return continuation
                case .settled: return nil
                }
            }
            waiting?.resume(returning: result)
        }

        var value: Result<Value, any Error> {
            get async {
                await withCheckedContinuation { continuation in
                    let known = state.withLock { state -> Result<Value, any Error>? in
                        if case .settled(let result) = state { return result }
                        state = .awaited(continuation)
                        return nil
                    }
                    if let known { continuation.resume(returning: known) }
                }
            }
        }
    }
}
