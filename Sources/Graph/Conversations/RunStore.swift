public import Foundation

/// Keeps runs and their logs, so that neither a broken connection nor a dead process loses a word.
///
/// A write that has begun is carried through when its task is cancelled; reads end with `CancellationError`. Times are
/// kept to the millisecond. Deleting a session deletes its runs, their events and their checkpoints.
public protocol RunStore: Sendable {
  /// Applies the changes in their order and in one transaction: when this returns they are on the disk, and a process that
  /// dies leaves all of them or none.
  ///
  /// A change that cannot be applied leaves the others unharmed:
  /// - `begin` of a run id that exists, or in a session with another run that has not ended:
  ///   ``StoreError/Code/conflict``; with a session that does not exist: ``StoreError/Code/notFound``.
  /// - `append` and `end` whose batch does not begin right after the newest stored event: ``StoreError/Code/conflict``.
  /// - `append`, `checkpoint` and `end` of a run that does not exist or has ended: ``StoreError/Code/notFound``.
  ///
  /// An `end` also forgets the checkpoints of the run's thread, unless the run was interrupted and can be continued.
  /// - Returns: for each change what went wrong with it, or `nil`.
  /// - Throws: ``StoreError`` when nothing at all could be written, a full disk for example.
  func apply(_ changes: [RunChange]) async throws -> [StoreError?]

  /// - Throws: ``StoreError`` from every call.
  func run(id: UUID) async throws -> RunRecord?
  /// The runs that have not ended, oldest first.
  /// - Parameter limit: the most to return.
  func runningRuns(limit: Int) async throws -> [RunRecord]
  /// The runs that have not ended and never will by themselves, oldest first: the process that worked on them is gone. With
  /// a store of one process, asked at its start, they are all that are running.
  /// - Parameter limit: the most to return.
  func abandonedRuns(limit: Int) async throws -> [RunRecord]
  /// The run that is going on in a session; a second one cannot begin.
  func activeRun(sessionID: UUID) async throws -> RunRecord?
  /// The batches that hold events after an id, in order. The first one may begin before it.
  /// - Parameter limit: the most to return, at least 1.
  func log(runID: UUID, after id: Int, limit: Int) async throws -> [RunLogBatch]

  /// The batches of several runs after an id of each, the runs in any order, the batches of a run in theirs.
  /// - Parameter limit: the most to return of each run.
  func logs(after positions: [UUID: Int], limit: Int) async throws -> [RunLogBatch]

  /// Forgets the single events of runs that have ended before a time. Their records, messages and, of interrupted
  /// ones, checkpoints stay.
  /// - Parameter limit: how many runs to compact at the most, so that writers do not wait long.
  /// - Returns: how many were compacted.
  func compactRuns(endedBefore: Date, limit: Int) async throws -> Int
}

extension RunStore {
  /// One after the other; a store that can answer for all in one round trip does.
  public func logs(after positions: [UUID: Int], limit: Int) async throws -> [RunLogBatch] {
    var batches: [RunLogBatch] = []
    for (run, position) in positions {
      batches += try await log(runID: run, after: position, limit: limit)
    }
    return batches
  }
}
