/// Runs an operation in a task of its own.
///
/// A task keeps the memory of its deepest call until it ends, and the task of a connection lasts as long as its stream:
/// what is needed once, at the beginning, is so given back.
func inOwnTask<Result: Sendable>(
  _ operation: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask(operation: operation)
    // There is one, and it ends with a result or an error.
    guard let result = try await group.next() else { throw CancellationError() }
    return result
  }
}
