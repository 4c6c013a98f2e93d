@preconcurrency import Dispatch

/// Runs an actor on a serial queue of its own, so that what the queue's event sources do is isolated to the actor, too, and so
/// that no thread of the cooperative pool is held by libpq.
final class SessionExecutor: SerialExecutor {
  let queue: DispatchQueue

  init(label: String) {
    queue = DispatchQueue(label: label)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }

  func checkIsolated() {
    dispatchPrecondition(condition: .onQueue(queue))
  }
}
