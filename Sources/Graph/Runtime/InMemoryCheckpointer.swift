import DequeModule
import Synchronization

/// Keeps checkpoints for as long as the process lives.
///
/// Each thread keeps its newest checkpoints only; a thread itself stays until it is deleted.
public final class InMemoryCheckpointer: Checkpointer {
  private let limit: Int
  private let threads = Mutex<[String: Deque<Checkpoint>]>([:])

  /// - Parameter checkpointsPerThread: how many checkpoints a thread keeps, at least 1. Resuming needs one; the rest are for
  ///   looking back.
  public init(checkpointsPerThread: Int = 16) {
    precondition(checkpointsPerThread >= 1, "a thread keeps at least its latest checkpoint")
    limit = checkpointsPerThread
  }

  public func save(_ checkpoint: Checkpoint) async throws {
    try threads.withLock { threads in
      let expected = (threads[checkpoint.threadID]?.last?.id ?? 0) + 1
      guard checkpoint.id == expected else {
        throw CheckpointConflict(
          threadID: checkpoint.threadID, id: checkpoint.id, expected: expected)
      }
      threads[checkpoint.threadID, default: []].append(checkpoint)
      if threads[checkpoint.threadID, default: []].count > limit {
        threads[checkpoint.threadID]?.removeFirst()
      }
    }
  }

  public func latest(threadID: String) async throws -> Checkpoint? {
    threads.withLock { $0[threadID]?.last }
  }

  public func list(threadID: String) async throws -> [Checkpoint] {
    threads.withLock { $0[threadID].map(Array.init) ?? [] }
  }

  public func delete(threadID: String) async throws {
    threads.withLock { _ = $0.removeValue(forKey: threadID) }
  }
}
