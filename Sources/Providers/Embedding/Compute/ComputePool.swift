import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Threads for long computations, so that neither the cooperative pool nor an event loop waits for one.
///
/// There are two queues, each with threads of its own. What somebody waits for runs on threads of ordinary priority; work
/// in bulk runs on threads that leave the processor to everything else. A query therefore never stands behind bulk work:
/// the system takes the processor from that. The queues need no bound of their own: a caller has a few jobs in them at a
/// time and waits for those.
final class ComputePool<Workspace>: Sendable {
  enum Urgency: Sendable, Hashable {
    /// Somebody waits for it.
    case urgent
    /// As the machine has time.
    case bulk
  }

  /// By how much bulk threads are nicer than the rest of the process. At 10, they get about a tenth of a processor that
  /// others want, and all of one that nobody wants.
  private static var bulkNiceness: Int32 { 10 }

  private let urgent = ComputeQueue<Workspace>()
  private let bulk = ComputeQueue<Workspace>()

  /// Starts the threads.
  /// - Parameters:
  ///   - threads: how many for each queue.
  ///   - makeWorkspace: called once on each thread; the thread keeps what it returns.
  init(name: String, threads: Int, makeWorkspace: @escaping @Sendable () -> Workspace) {
    for (queue, urgency) in [(urgent, Urgency.urgent), (bulk, .bulk)] {
      queue.threadsStart(max(threads, 1))
      for index in 0..<max(threads, 1) {
        let thread = Thread {
          if urgency == .bulk { Self.yieldToOthers() }
          queue.work(in: makeWorkspace())
        }
        thread.name = "\(name)-\(urgency == .bulk ? "bulk-" : "")\(index)"
        thread.stackSize = 1 << 20
        thread.start()
      }
    }
  }

  deinit {
    urgent.close()
    bulk.close()
  }

  /// Runs `work` on a thread of the pool.
  ///
  /// A task that is cancelled while its work still waits ends at once, and the work is never done; work that has begun is
  /// finished.
  /// - Throws: `CancellationError`; ``ComputePoolClosed``; what `work` threw.
  func run<Result: Sendable>(
    _ urgency: Urgency, _ work: @escaping @Sendable (Workspace) throws -> Result
  ) async throws -> Result {
    let queue = urgency == .urgent ? urgent : bulk
    let id = queue.makeID()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
        queue.add(
          ComputeJob(id: id) { workspace in
            continuation.resume(with: Swift.Result { try work(workspace) })
          } fail: { error in
            continuation.resume(throwing: error)
          })
      }
    } onCancel: {
      queue.cancel(id)
    }
  }

  /// Has `work` run when a thread comes to it. It is dropped when the pool is closed before.
  func start(_ urgency: Urgency, _ work: @escaping @Sendable (Workspace) -> Void) {
    let queue = urgency == .urgent ? urgent : bulk
    queue.add(ComputeJob(id: queue.makeID(), run: work) { _ in })
  }

  /// Fails what waits, and returns when the threads have ended.
  func close() async {
    urgent.close()
    bulk.close()
    await urgent.waitUntilEnded()
    await bulk.waitUntilEnded()
  }

  private static func yieldToOthers() {
    #if os(Linux)
      // Niceness is a thread's own on Linux: 0 stands for the calling thread.
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, bulkNiceness)
    #else
      pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0)
    #endif
  }
}

/// The pool has been closed.
struct ComputePoolClosed: Error {}
