import Synchronization

/// Runs tasks on the transport's thread, between two looks at the sockets.
///
/// A task that does little with each piece of a response does it here with the bytes still warm, and no other thread has
/// to be woken for it. What it does must be short: every response waits meanwhile.
final class TransferExecutor: TaskExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    /// Whether the thread is going to look for jobs by itself.
    var isAwake = false
    var hasEnded = false
  }

  private let state = Mutex(State())
  private let wakeup: WakeupPipe

  /// - Parameter wakeup: wakes the thread.
  init(wakeup: WakeupPipe) {
    self.wakeup = wakeup
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let (isTaken, needsWakeup) = state.withLock { state in
      guard !state.hasEnded else { return (false, false) }
      state.jobs.append(job)
      return (true, !state.isAwake && state.jobs.count == 1)
    }
    if needsWakeup { wakeup.signal() }
    // Without the thread, tasks that still have something to say say it elsewhere.
    if !isTaken { globalConcurrentExecutor.enqueue(job) }
  }

  // MARK: The transport's thread

  /// Runs what waits, and what that brings.
  func runJobs() {
    var jobs: [UnownedJob] = []
    while takeJobs(&jobs) {
      for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
  }

  /// The thread is about to wait for sockets.
  /// - Returns: `false` when there are jobs to run first.
  func beginWaiting() -> Bool {
    state.withLock { state in
      state.isAwake = !state.jobs.isEmpty
      return state.jobs.isEmpty
    }
  }

  func endWaiting() {
    state.withLock { $0.isAwake = true }
  }

  /// The last call: the thread runs nothing from now on.
  func end() {
    let jobs = state.withLock { state in
      state.hasEnded = true
      defer { state.jobs = [] }
      return state.jobs
    }
    for job in jobs { globalConcurrentExecutor.enqueue(job) }
  }

  private func takeJobs(_ jobs: inout [UnownedJob]) -> Bool {
    jobs.removeAll(keepingCapacity: true)
    return state.withLock { state in
      swap(&jobs, &state.jobs)
      return !jobs.isEmpty
    }
  }
}
