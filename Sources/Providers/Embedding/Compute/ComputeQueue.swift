import DequeModule
import Dispatch
import Synchronization

/// A piece of work for a thread. Exactly one of its two closures is called, once.
struct ComputeJob<Workspace>: Sendable {
  let id: UInt64
  let run: @Sendable (Workspace) -> Void
  let fail: @Sendable (any Error) -> Void
}

/// Jobs in the order in which they came, and the threads that wait for them.
final class ComputeQueue<Workspace>: Sendable {
  private struct State {
    var jobs: Deque<ComputeJob<Workspace>> = []
    var lastID: UInt64 = 0
    var isClosed = false
    var threads = 0
    var endWaiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  /// Counts the jobs, and those that were cancelled since.
  private let signal = DispatchSemaphore(value: 0)

  func makeID() -> UInt64 {
    state.withLock { state in
      state.lastID += 1
      return state.lastID
    }
  }

  /// To be called by the task that waits for the job.
  func add(_ job: ComputeJob<Workspace>) {
    let refusal = state.withLock { state -> (any Error)? in
      // A task that is cancelled from here on finds its job in the queue.
      if Task.isCancelled { return CancellationError() }
      if state.isClosed { return ComputePoolClosed() }
      state.jobs.append(job)
      return nil
    }
    if let refusal { job.fail(refusal) } else { signal.signal() }
  }

  /// Fails a job that has not begun; one that has begun goes on.
  func cancel(_ id: UInt64) {
    let job = state.withLock { state -> ComputeJob<Workspace>? in
      state.jobs.firstIndex { $0.id == id }.map { state.jobs.remove(at: $0) }
    }
    job?.fail(CancellationError())
  }

  func close() {
    let (jobs, threads) = state.withLock { state in
      state.isClosed = true
      defer { state.jobs = [] }
      return (state.jobs, state.threads)
    }
    for job in jobs { job.fail(ComputePoolClosed()) }
    for _ in 0..<threads { signal.signal() }
  }

  /// Returns when every thread has ended.
  func waitUntilEnded() async {
    await withCheckedContinuation { continuation in
      let haveEnded = state.withLock { state in
        if state.threads > 0 { state.endWaiters.append(continuation) }
        return state.threads == 0
      }
      if haveEnded { continuation.resume() }
    }
  }

  // MARK: The threads

  func threadsStart(_ count: Int) { state.withLock { $0.threads += count } }

  /// Does jobs until the queue is closed.
  func work(in workspace: Workspace) {
    while true {
      signal.wait()
      let (job, isClosed) = state.withLock { state in
        (state.jobs.popFirst(), state.isClosed)
      }
      if let job { job.run(workspace) } else if isClosed { break }
    }
    let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      state.threads -= 1
      guard state.threads == 0 else { return [] }
      defer { state.endWaiters = [] }
      return state.endWaiters
    }
    for waiter in waiters { waiter.resume() }
  }
}
