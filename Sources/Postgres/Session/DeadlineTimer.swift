@preconcurrency import Dispatch
import Synchronization

/// One timer for deadlines that come and go much more often than they pass.
///
/// It is not disarmed when a deadline goes: it fires, asks for the next one, and sleeps on. A statement that takes a tenth of a
/// millisecond so costs no timer.
final class DeadlineTimer: Sendable {
  private let armed = Mutex<ContinuousClock.Instant?>(nil)
  private let source: any DispatchSourceTimer

  /// - Parameter next: called on the queue when the timer fires; the next deadline, `nil` when there is none.
  init(queue: DispatchQueue, next: @escaping @Sendable () -> ContinuousClock.Instant?) {
    source = DispatchSource.makeTimerSource(queue: queue)
    source.setEventHandler { [weak self] in
      self?.armed.withLock { $0 = nil }
      if let deadline = next() { self?.require(deadline) }
    }
    source.activate()
  }

  deinit {
    source.cancel()
  }

  /// Fires at the deadline or before.
  func require(_ deadline: ContinuousClock.Instant) {
    armed.withLock { armed in
      if let armed, armed <= deadline { return }
      armed = deadline
      let delay = max(.zero, ContinuousClock.now.duration(to: deadline))
      source.schedule(deadline: .now() + delay.interval, leeway: .milliseconds(1))
    }
  }
}
