import Foundation
import GRDB
import Graph

/// Runs and their logs in SQLite.
struct SQLiteRunStore: RunStore {
  let database: SQLiteDatabase
  let owner: Owner

  func apply(_ changes: [RunChange]) async throws -> [StoreError?] {
    guard !changes.isEmpty else { return [] }
    return try await database.write { db in
      let writer = SQLiteRunWriter(db: db, owner: owner)
      return try changes.map(writer.apply)
    }
  }

  func run(id: UUID) async throws -> RunRecord? {
    try await database.read { db in
      try Row.fetchOne(
        try db.cachedStatement(sql: "SELECT * FROM runs WHERE id = ? AND owner = ?"),
        arguments: [StoredValues.text(id), owner.id]
      ).map(RunRecord.init(row:))
    }
  }

  func runningRuns(limit: Int) async throws -> [RunRecord] {
    try await database.read { db in
      // The plus sign keeps SQLite from reading the whole table in order instead of sorting the few that are running.
      try Row.fetchAll(
        db, sql: "SELECT * FROM runs WHERE owner = ? AND status = 'running' ORDER BY +sequence LIMIT ?",
        arguments: [owner.id, max(limit, 0)]
      ).map(RunRecord.init(row:))
    }
  }

  /// One process serves from a data folder: what runs when it starts was cut off.
  func abandonedRuns(limit: Int) async throws -> [RunRecord] { try await runningRuns(limit: limit) }

  func activeRun(sessionID: UUID) async throws -> RunRecord? {
    try await database.read { db in
      try Row.fetchOne(
        try db.cachedStatement(
          sql: "SELECT * FROM runs WHERE session_id = ? AND status = 'running' AND owner = ?"),
        arguments: [StoredValues.text(sessionID), owner.id]
      ).map(RunRecord.init(row:))
    }
  }

  func log(runID: UUID, after id: Int, limit: Int) async throws -> [RunLogBatch] {
    try await database.read { db in
      let statement = try db.cachedStatement(
        sql: """
          SELECT first_id, last_id, token_count, payload FROM run_events
          WHERE run = (SELECT sequence FROM runs WHERE id = ? AND owner = ?) AND last_id > ?
          ORDER BY last_id LIMIT ?
          """)
      let arguments: StatementArguments = [StoredValues.text(runID), owner.id, id, max(limit, 1)]
      return try Row.fetchAll(statement, arguments: arguments).map {
        RunLogBatch(
          runID: runID, firstID: $0["first_id"], lastID: $0["last_id"], tokenCount: $0["token_count"],
          payload: $0["payload"])
      }
    }
  }

  func compactRuns(endedBefore: Date, limit: Int) async throws -> Int {
    guard limit > 0 else { return 0 }
    return try await database.write { db in
      let runs = try Int64.fetchAll(
        db,
        sql: """
          SELECT sequence FROM runs
          WHERE owner = ? AND is_compacted = 0 AND ended_at IS NOT NULL AND ended_at < ?
          ORDER BY ended_at LIMIT ?
          """,
        arguments: [owner.id, StoredValues.milliseconds(endedBefore), limit])
      for run in runs {
        try db.cachedStatement(sql: "DELETE FROM run_events WHERE run = ?").execute(arguments: [run])
        try db.cachedStatement(sql: "UPDATE runs SET is_compacted = 1 WHERE sequence = ?")
          .execute(arguments: [run])
      }
      return runs.count
    }
  }
}

extension RunRecord {
  fileprivate init(row: Row) throws {
    guard let status = Message.Status(rawValue: row["status"]) else { throw StoredValues.unreadable("run") }
    let endedAt: Int64? = row["ended_at"]
    self.init(
      id: try StoredValues.id(row["id"]), sessionID: try StoredValues.id(row["session_id"]),
      messageID: try StoredValues.id(row["message_id"]), fingerprint: row["fingerprint"],
      threadID: row["thread_id"], status: status, lastEventID: row["last_event_id"],
      tokenCount: row["token_count"], isCompacted: row["is_compacted"],
      createdAt: StoredValues.date(milliseconds: row["created_at"]),
      endedAt: endedAt.map(StoredValues.date(milliseconds:)))
  }
}
