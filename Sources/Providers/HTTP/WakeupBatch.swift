/// Tasks that have something to read, to be woken together. Used on the transport's thread only.
///
/// Waking a task costs a system call when the pool's threads sleep. Tasks that are woken in a row share one: while the
/// first is on its way, the others only join its queue.
final class WakeupBatch {
  private var waiters: [CheckedContinuation<Void, Never>] = []

  /// How many tasks are woken together at most; it bounds how long the first has to wait for the others.
  private static let limit = 16

  func add(_ waiter: CheckedContinuation<Void, Never>) {
    waiters.append(waiter)
    if waiters.count == Self.limit { wake() }
  }

  func wake() {
    for waiter in waiters { waiter.resume() }
    waiters.removeAll(keepingCapacity: true)
  }
}
