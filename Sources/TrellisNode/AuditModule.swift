// The line to a TPM: calls are made on a queue of their own, one after the other, and given up after a while, so that a TPM that hangs keeps
// nobody waiting. After a call that failed the line is dropped and a new one opened.

import Dispatch
import Synchronization
import TrellisTPM

/// A trusted module that is spoken with from a distance.
final class AuditModule: Sendable {
    /// How long a call may take: a slow TPM makes a key in a few seconds.
    private static let patience: Duration = .seconds(20)

    private let queue = DispatchQueue(label: "trellis.tpm")
    private let module: any TrustedModule

    private init(_ module: any TrustedModule) { self.module = module }

    /// Opens the module that `connect` gives.
    static func open(_ connect: @escaping @Sendable () throws(TPMError) -> any TrustedModule) async throws(TPMError) -> AuditModule {
        AuditModule(try await within(patience, on: DispatchQueue(label: "trellis.tpm.open"), connect))
    }

    /// Runs calls on the module.
    func call<Value: Sendable>(
        _ body: @escaping @Sendable (any TrustedModule) throws(TPMError) -> Value
    ) async throws(TPMError) -> Value {
        let module = module
        return try await Self.within(Self.patience, on: queue) { () throws(TPMError) -> Value in try body(module) }
    }

    private static func within<Value: Sendable>(
        _ patience: Duration, on queue: DispatchQueue, _ body: @escaping @Sendable () throws(TPMError) -> Value
    ) async throws(TPMError) -> Value {
        let result: Result<Value, TPMError> = await withCheckedContinuation { continuation in
            let answer = FirstAnswer(continuation)
            let alarm = Task {
                try await Task.sleep(for: patience)
                answer.give(.failure(.lost("no answer within \(patience)")))
            }
            queue.async {
                do throws(TPMError) {
                    answer.give(.success(try body()))
                } catch {
                    answer.give(.failure(error))
                }
                alarm.cancel()
            }
        }
        return try result.get()
    }
}

/// Resumes a continuation once.
private final class FirstAnswer<Value: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<Value, Never>?>

    init(_ continuation: CheckedContinuation<Value, Never>) { self.continuation = Mutex(continuation) }

    func give(_ value: Value) {
        let waiting = continuation.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        waiting?.resume(returning: value)
    }
}
