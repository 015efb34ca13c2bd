// Waiting with an end, where what is waited for ends when it is cancelled.

/// Does `body`, but for no longer than `time`.
///
/// - Throws: what `body` throws, or `failure` when the time is over.
package func within<Value: Sendable>(
    _ time: Duration, else failure: any Error, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        defer { group.cancelAll() }
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: time)
            throw failure
        }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
