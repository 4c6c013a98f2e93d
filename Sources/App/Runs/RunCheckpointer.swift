import Foundation
import Graph
import Synchronization

/// The checkpoints of one run. Saving does not wait for the disk, which would delay the answer's first word: a process
/// that dies in that moment goes on from an earlier checkpoint.
final class RunCheckpointer: Checkpointer {
  private let journal: RunJournal
  private let runID: UUID
  private let newest: Mutex<Checkpoint?>

  /// - Parameter latest: the one to go on from; `nil` for a run that begins anew, whose thread has none.
  init(journal: RunJournal, runID: UUID, latest: Checkpoint? = nil) {
    self.journal = journal
    self.runID = runID
    newest = Mutex(latest)
  }

  func save(_ checkpoint: Checkpoint) async throws {
    try newest.withLock { newest in
      let expected = (newest?.id ?? 0) + 1
      guard checkpoint.id == expected else {
        throw CheckpointConflict(threadID: checkpoint.threadID, id: checkpoint.id, expected: expected)
      }
      newest = checkpoint
    }
    journal.save(checkpoint, runID: runID)
  }

  func latest(threadID: String) async throws -> Checkpoint? { newest.withLock { $0 } }
  func list(threadID: String) async throws -> [Checkpoint] { newest.withLock { $0.map { [$0] } ?? [] } }
  func delete(threadID: String) async throws { newest.withLock { $0 = nil } }
}
