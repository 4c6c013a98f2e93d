import Synchronization

/// Told by an operation that it is alive.
final class ActivityMonitor: Sendable {
  private let elapsed: @Sendable () -> Duration
  private let lastActivity = Atomic<Int64>(0)

  /// - Parameter elapsed: the time since the monitor was made.
  init(elapsed: @escaping @Sendable () -> Duration) {
    self.elapsed = elapsed
  }

  /// Cheap enough to call for every token: one look at the clock and one atomic store.
  func touch() {
    lastActivity.store(elapsed().nanoseconds, ordering: .relaxed)
  }

  /// How long nothing has happened.
  var silence: Duration {
    elapsed() - .nanoseconds(lastActivity.load(ordering: .relaxed))
  }
}

/// Runs an operation and ends it when it has shown no activity for `limit`.
///
/// It limits the silence, not the whole time. The watchdog sleeps until the limit could be reached at the earliest, so a
/// busy operation costs one wake-up per limit.
/// - Throws: ``ModelError`` with ``ModelError/Code/idleTimeout``, or what the operation throws.
func withIdleTimeout<Result: Sendable, C: Clock<Duration>>(
  _ limit: Duration, clock: C,
  operation: @escaping @Sendable (ActivityMonitor) async throws -> Result
) async throws -> Result {
  let start = clock.now
  let monitor = ActivityMonitor { start.duration(to: clock.now) }
  return try await withThrowingTaskGroup(of: Result?.self) { group in
    group.addTask { try await operation(monitor) }
    group.addTask {
      while true {
        let left = limit - monitor.silence
        guard left > .zero else { return nil }
        try await clock.sleep(for: left)
      }
    }
    defer { group.cancelAll() }
    guard let result = try await group.next(), let result else {
      throw ModelError(
        .idleTimeout,
        "The model has been silent for \(limit.formattedSeconds), so the answer was ended. Try again.")
    }
    return result
  }
}

extension Duration {
  var nanoseconds: Int64 {
    components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
  }

  /// `30 seconds`, `1 second`, `0.5 seconds`.
  var formattedSeconds: String {
    let value = Double(nanoseconds) / 1e9
    if value == 1 { return "1 second" }
    return value == value.rounded() ? "\(Int(value)) seconds" : "\(value) seconds"
  }
}
