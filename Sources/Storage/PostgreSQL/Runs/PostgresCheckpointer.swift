import Foundation
public import Graph
import Postgres

/// An owner's checkpoints in PostgreSQL.
///
/// Each thread keeps its newest checkpoints only. Those of a stored run go when the run does; a thread without a run stays until
/// it is deleted.
public struct PostgresCheckpointer: Checkpointer {
  /// How many checkpoints a thread keeps: going on needs one, the rest are for looking back. As many as in memory.
  public static let checkpointsPerThread = 16

  let database: PostgresDatabase
  let owner: String

  /// - Throws: ``CheckpointConflict``, or a ``StoreError`` as from every call.
  public func save(_ checkpoint: Checkpoint) async throws {
    let insertion = try PostgresCheckpointRows.insertNext(checkpoint, owner: owner)
    try await database.write { connection in
      // Of two who save the same id, one waits here for the other, and then finds that it is taken.
      guard try await connection.query(insertion.sql, insertion.parameters).isEmpty else {
        _ = try await connection.query(
          "DELETE FROM checkpoints WHERE owner = $1 AND thread_id = $2 AND id <= $3",
          [
            .text(owner), .text(checkpoint.threadID),
            .int(Int64(checkpoint.id - Self.checkpointsPerThread)),
          ])
        return
      }
      let newest: Int? = try await connection.query(
        "SELECT max(id) AS id FROM checkpoints WHERE owner = $1 AND thread_id = $2",
        [.text(owner), .text(checkpoint.threadID)]
      ).first?["id"]
      throw CheckpointConflict(
        threadID: checkpoint.threadID, id: checkpoint.id, expected: (newest ?? 0) + 1)
    }
  }

  public func latest(threadID: String) async throws -> Checkpoint? {
    try await checkpoints(threadID, "ORDER BY id DESC LIMIT 1").first
  }

  public func list(threadID: String) async throws -> [Checkpoint] {
    try await checkpoints(threadID, "ORDER BY id")
  }

  public func delete(threadID: String) async throws {
    try await database.execute(
      "DELETE FROM checkpoints WHERE owner = $1 AND thread_id = $2", [.text(owner), .text(threadID)])
  }

  private func checkpoints(_ threadID: String, _ order: String) async throws -> [Checkpoint] {
    try await database.query(
      """
      SELECT thread_id, id, graph, step, state, pending, joins, has_reached_end, interrupt FROM checkpoints
      WHERE owner = $1 AND thread_id = $2 \(order)
      """,
      [.text(owner), .text(threadID)]
    ).map(Checkpoint.init(row:))
  }
}

extension Checkpoint {
  fileprivate init(row: PostgresRow) throws {
    let interrupt: String? = try row["interrupt"]
    self.init(
      threadID: try row["thread_id"], id: try row["id"], graph: try row["graph"], step: try row["step"],
      state: try row["state"],
      pending: try StoredValues.value([NodeID].self, json: try row["pending"]),
      joins: try StoredValues.value([JoinProgress].self, json: try row["joins"]),
      hasReachedEnd: try row["has_reached_end"],
      interrupt: try interrupt.map { try StoredValues.value(Interrupt.self, json: $0) })
  }
}

enum PostgresCheckpointRows {
  /// Adds a checkpoint if its id follows that of the thread's latest. A result without a row says that it was not.
  static func insertNext(_ checkpoint: Checkpoint, owner: String) throws -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO checkpoints
        (owner, thread_id, id, graph, step, state, pending, joins, has_reached_end, interrupt)
      SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
      WHERE $3 = 1 + coalesce((SELECT max(id) FROM checkpoints WHERE owner = $1 AND thread_id = $2), 0)
      ON CONFLICT DO NOTHING RETURNING id
      """, try parameters(checkpoint, owner: owner))
  }

  static func insert(_ checkpoint: Checkpoint, owner: String) throws -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO checkpoints
        (owner, thread_id, id, graph, step, state, pending, joins, has_reached_end, interrupt)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      """, try parameters(checkpoint, owner: owner))
  }

  static func delete(threads: [String], owner: String) -> PostgresStatement {
    PostgresStatement(
      "DELETE FROM checkpoints WHERE owner = $1 AND thread_id = ANY($2)", [.text(owner), .texts(threads)])
  }

  private static func parameters(_ checkpoint: Checkpoint, owner: String) throws -> [PostgresValue] {
    [
      .text(owner), .text(checkpoint.threadID), .int(Int64(checkpoint.id)), .text(checkpoint.graph),
      .int(Int64(checkpoint.step)), .bytes(checkpoint.state),
      .text(try StoredValues.json(checkpoint.pending)),
      .text(try StoredValues.json(checkpoint.joins)), .bool(checkpoint.hasReachedEnd),
      try checkpoint.interrupt.map { .text(try StoredValues.json($0)) } ?? .null,
    ]
  }
}
