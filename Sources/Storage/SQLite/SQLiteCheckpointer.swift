import Foundation
import GRDB
import Graph

/// Checkpoints in SQLite.
///
/// Each thread keeps its newest checkpoints only. Those of a stored run go when the run does; a thread without a run stays until
/// it is deleted.
struct SQLiteCheckpointer: Checkpointer {
  /// How many checkpoints a thread keeps: going on needs one, the rest are for looking back. As many as in memory.
  static let checkpointsPerThread = 16

  let database: SQLiteDatabase
  let owner: Owner

  /// - Throws: ``CheckpointConflict``, or a ``StoreError`` as from every call.
  func save(_ checkpoint: Checkpoint) async throws {
    // A conflict is given back, not thrown: the database's own errors are the only ones that it translates.
    let conflict = try await database.write { db -> CheckpointConflict? in
      let latest = try Int.fetchOne(
        try db.cachedStatement(sql: "SELECT max(id) FROM checkpoints WHERE owner = ? AND thread_id = ?"),
        arguments: [owner.id, checkpoint.threadID])
      let expected = (latest ?? 0) + 1
      guard checkpoint.id == expected else {
        return CheckpointConflict(threadID: checkpoint.threadID, id: checkpoint.id, expected: expected)
      }
      try checkpoint.insert(owner, db)
      try db.cachedStatement(sql: "DELETE FROM checkpoints WHERE owner = ? AND thread_id = ? AND id <= ?")
        .execute(arguments: [owner.id, checkpoint.threadID, expected - Self.checkpointsPerThread])
      return nil
    }
    if let conflict { throw conflict }
  }

  func latest(threadID: String) async throws -> Checkpoint? {
    try await database.read { db in
      try Row.fetchOne(
        db, sql: "SELECT * FROM checkpoints WHERE owner = ? AND thread_id = ? ORDER BY id DESC LIMIT 1",
        arguments: [owner.id, threadID]
      ).map(Checkpoint.init(row:))
    }
  }

  func list(threadID: String) async throws -> [Checkpoint] {
    try await database.read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM checkpoints WHERE owner = ? AND thread_id = ? ORDER BY id",
        arguments: [owner.id, threadID]
      ).map(Checkpoint.init(row:))
    }
  }

  func delete(threadID: String) async throws {
    try await database.write { try Checkpoint.delete(threadID: threadID, owner, $0) }
  }
}

extension Checkpoint {
  fileprivate init(row: Row) throws {
    let interrupt: String? = row["interrupt"]
    self.init(
      threadID: row["thread_id"], id: row["id"], graph: row["graph"], step: row["step"], state: row["state"],
      pending: try StoredValues.value([NodeID].self, json: row["pending"]),
      joins: try StoredValues.value([JoinProgress].self, json: row["joins"]),
      hasReachedEnd: row["has_reached_end"],
      interrupt: try interrupt.map { try StoredValues.value(Interrupt.self, json: $0) })
  }

  func insert(_ owner: Owner, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        INSERT INTO checkpoints
          (owner, thread_id, id, graph, step, state, pending, joins, has_reached_end, interrupt)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      owner.id, threadID, id, graph, step, state, try StoredValues.json(pending),
      try StoredValues.json(joins), hasReachedEnd, try interrupt.map(StoredValues.json),
    ])
  }

  static func delete(threadID: String, _ owner: Owner, _ db: Database) throws {
    try db.cachedStatement(sql: "DELETE FROM checkpoints WHERE owner = ? AND thread_id = ?")
      .execute(arguments: [owner.id, threadID])
  }
}
