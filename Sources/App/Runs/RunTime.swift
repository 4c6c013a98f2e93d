import Foundation

/// Where a run takes its time from: a monotonic clock for spans and timers, a wall clock for timestamps.
struct RunTime: Sendable {
  /// Monotonic time since an arbitrary start.
  let now: @Sendable () -> Duration
  let sleep: @Sendable (Duration) async throws -> Void
  let date: @Sendable () -> Date
  let clock: any Clock<Duration>

  init<C: Clock<Duration>>(clock: C, date: @escaping @Sendable () -> Date = { Date() }) {
    let start = clock.now
    self.clock = clock
    now = { start.duration(to: clock.now) }
    sleep = { try await clock.sleep(for: $0) }
    self.date = date
  }

  /// The machine's clocks.
  static var system: RunTime { RunTime(clock: ContinuousClock()) }
}
