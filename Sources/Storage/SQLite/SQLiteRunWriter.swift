import Foundation
import GRDB
import Graph

/// Writes the steps of runs within one transaction, each of them whole or not at all.
struct SQLiteRunWriter {
  let db: Database
  let owner: Owner

  /// Applies a change inside a savepoint, so that one that is refused takes nothing with it.
  /// - Returns: why the change was refused.
  /// - Throws: what keeps every change from being written, a full disk for example. The transaction is lost then.
  func apply(_ change: RunChange) throws -> StoreError? {
    if case .append(let batch) = change, try appendToRunning(batch) { return nil }
    try execute("SAVEPOINT run_change")
    do {
      try write(change)
    } catch {
      guard let refusal = SQLiteErrorMapping.refusal(error) else { throw error }
      try execute("ROLLBACK TO run_change")
      try execute("RELEASE run_change")
      return refusal
    }
    try execute("RELEASE run_change")
    return nil
  }

  private func write(_ change: RunChange) throws {
    switch change {
    case .begin(let beginning): try begin(beginning)
    case .append(let batch): try append(batch, to: try runningRun(batch.runID))
    case .checkpoint(let checkpoint, let runID): try keep(checkpoint, of: try runningRun(runID))
    case .end(let ending): try end(ending)
    }
  }

  private func begin(_ beginning: RunBeginning) throws {
    let run = beginning.run
    let isKnown = try db.cachedStatement(sql: "SELECT 1 FROM runs WHERE id = ? AND owner = ?")
    guard try Row.fetchOne(isKnown, arguments: [StoredValues.text(run.id), owner.id]) == nil else {
      throw StoreError(.conflict, "A run with this id is stored already.")
    }
    try beginning.newSession?.insert(owner, db)
    for message in beginning.newMessages { try message.insert(owner, db) }
    try beginning.reopenedMessage?.update(owner, db)
    try checkPlace(of: run)
    try execute(
      """
      INSERT INTO runs
        (owner, id, session_id, message_id, fingerprint, thread_id, status, last_event_id, token_count,
         is_compacted, created_at, ended_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        owner.id, StoredValues.text(run.id), StoredValues.text(run.sessionID),
        StoredValues.text(run.messageID),
        run.fingerprint, run.threadID, run.status.rawValue, run.lastEventID, run.tokenCount,
        run.isCompacted, StoredValues.milliseconds(run.createdAt),
        run.endedAt.map(StoredValues.milliseconds),
      ])
  }

  /// The run's answer is a message of its session, which is the owner's.
  private func checkPlace(of run: RunRecord) throws {
    let statement = try db.cachedStatement(
      sql: "SELECT 1 FROM messages WHERE id = ? AND session_id = ? AND \(Message.isOwned)")
    let arguments: StatementArguments = [
      StoredValues.text(run.messageID), StoredValues.text(run.sessionID), owner.id,
    ]
    guard try Row.fetchOne(statement, arguments: arguments) != nil else {
      throw StoreError(.notFound, "What this belongs to is no longer there.")
    }
  }

  /// The common case, many times a second for each run, in two statements. Nothing has happened when the first finds no run
  /// that these events follow.
  /// - Returns: whether the events were stored.
  private func appendToRunning(_ batch: RunLogBatch) throws -> Bool {
    guard batch.lastID >= batch.firstID else { return false }
    let statement = try db.cachedStatement(
      sql: """
        UPDATE runs SET last_event_id = ?, token_count = token_count + ?
        WHERE id = ? AND owner = ? AND status = 'running' AND last_event_id = ? RETURNING sequence
        """)
    let sequence = try Int64.fetchOne(
      statement,
      arguments: [
        batch.lastID, batch.tokenCount, StoredValues.text(batch.runID), owner.id, batch.firstID - 1,
      ])
    guard let sequence else { return false }
    try insert(batch, run: sequence)
    return true
  }

  private func insert(_ batch: RunLogBatch, run: Int64) throws {
    try execute(
      "INSERT INTO run_events (run, last_id, first_id, token_count, payload) VALUES (?, ?, ?, ?, ?)",
      [run, batch.lastID, batch.firstID, batch.tokenCount, batch.payload])
  }

  private func append(_ batch: RunLogBatch, to run: RunningRun) throws {
    guard batch.firstID == run.lastEventID + 1, batch.lastID >= batch.firstID else {
      throw StoreError(
        .conflict, "These events of an answer do not follow those that are stored.",
        detail: "\(batch.firstID)...\(batch.lastID) after \(run.lastEventID)")
    }
    try insert(batch, run: run.sequence)
    try execute(
      "UPDATE runs SET last_event_id = ?, token_count = token_count + ? WHERE sequence = ?",
      [batch.lastID, batch.tokenCount, run.sequence])
  }

  private func keep(_ checkpoint: Checkpoint, of run: RunningRun) throws {
    guard checkpoint.threadID == run.threadID else {
      throw StoreError(.conflict, "This checkpoint belongs to another run.")
    }
    try Checkpoint.delete(threadID: run.threadID, owner, db)
    try checkpoint.insert(owner, db)
  }

  private func end(_ ending: RunEnding) throws {
    let run = try runningRun(ending.runID)
    guard StoredValues.text(ending.message.id) == run.messageID, ending.message.status != .running else {
      throw StoreError(.conflict, "This is not how the run's answer can end.")
    }
    if let batch = ending.batch {
      guard batch.runID == ending.runID else {
        throw StoreError(.conflict, "These events belong to another run.")
      }
      try append(batch, to: run)
    }
    try ending.message.update(owner, db)
    try execute(
      "UPDATE runs SET status = ?, ended_at = ? WHERE sequence = ?",
      [ending.message.status.rawValue, StoredValues.milliseconds(ending.endedAt), run.sequence])
    if ending.message.status != .interrupted {
      try Checkpoint.delete(threadID: run.threadID, owner, db)
    }
  }

  private struct RunningRun {
    let sequence: Int64
    let messageID: String
    let threadID: String
    let lastEventID: Int
  }

  private func runningRun(_ id: UUID) throws -> RunningRun {
    let statement = try db.cachedStatement(
      sql: """
        SELECT sequence, message_id, thread_id, last_event_id FROM runs
        WHERE id = ? AND owner = ? AND status = 'running'
        """)
    guard let row = try Row.fetchOne(statement, arguments: [StoredValues.text(id), owner.id]) else {
      throw StoreError(
        .notFound, "This answer is not being written any more; its conversation may have been deleted.")
    }
    return RunningRun(
      sequence: row[0], messageID: row[1], threadID: row[2], lastEventID: row[3])
  }

  private func execute(_ sql: String, _ arguments: StatementArguments = []) throws {
    try db.cachedStatement(sql: sql).execute(arguments: arguments)
  }
}
