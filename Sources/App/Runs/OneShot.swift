import Synchronization

/// A value that is set once and that any number of tasks may wait for.
final class OneShot<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var waiters: [Int: CheckedContinuation<Value?, Never>] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())

  /// Sets the value; the first call wins.
  /// - Returns: whether this call was the first.
  @discardableResult
  func fulfil(_ value: Value) -> Bool {
    let waiters = state.withLock { state -> [CheckedContinuation<Value?, Never>]? in
      guard state.value == nil else { return nil }
      state.value = value
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters ?? [] { waiter.resume(returning: value) }
    return waiters != nil
  }

  var value: Value? { state.withLock { $0.value } }

  /// Waits for the value.
  /// - Throws: `CancellationError` when the waiting task is cancelled.
  func wait() async throws -> Value {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let value = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let immediate: Value?? = state.withLock { state in
          if let value = state.value { return .some(value) }
          if Task.isCancelled { return .some(nil) }
          state.waiters[id] = continuation
          return nil
        }
        if let immediate { continuation.resume(returning: immediate) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
    }
    guard let value else { throw CancellationError() }
    return value
  }
}
