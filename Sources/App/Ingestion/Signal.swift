import Synchronization

/// Wakes the tasks that wait for news.
///
/// Every call of ``raise()`` counts, also while nobody waits: a task looks at ``generation``, then at what there is to do, and
/// waits for what has come since.
final class Signal: Sendable {
  private struct State {
    var generation = 0
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
  }

  private let state = Mutex(State())

  var generation: Int { state.withLock { $0.generation } }

  func raise() {
    let waiters = state.withLock { state in
      state.generation += 1
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when there are news after `generation`, or when the task is cancelled.
  func wait(past generation: Int) async {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.generation > generation || Task.isCancelled { return true }
          state.waiters[id] = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
  }

  /// The same, but no longer than `limit`.
  /// - Returns: whether there were news.
  @discardableResult
  func wait(past generation: Int, atMost limit: Duration, time: RunTime) async -> Bool {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.wait(past: generation) }
      group.addTask { try? await time.sleep(limit) }
      await group.next()
      group.cancelAll()
    }
    return self.generation > generation
  }
}
