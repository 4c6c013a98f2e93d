public import Foundation
public import Graph
import Postgres

/// An owner's runs and their logs in PostgreSQL.
public struct PostgresRunStore: RunStore {
  let database: PostgresDatabase
  let owner: String

  public func apply(_ changes: [RunChange]) async throws -> [StoreError?] {
    guard !changes.isEmpty else { return [] }
    let writer = PostgresRunWriter(owner: owner, node: database.node)
    let reader = PostgresRunStateReader(changes, owner: owner)
    return try await PostgresErrorMapping.run {
      do {
        return try await database.commit(on: database.journal, beginningWith: reader.statements) {
          try await writer.apply(changes, $0, try reader.state($1))
        }
      } catch let error as PostgresError where PostgresErrorMapping.isRefusal(error) {
        return try await database.commit(on: database.journal) { connection, _ in
          try await writer.applyEach(changes, connection)
        }
      }
    }
  }

  public func run(id: UUID) async throws -> RunRecord? {
    try await runs("id = $2", [.uuid(id)]).first
  }

  public func runningRuns(limit: Int) async throws -> [RunRecord] {
    try await runs("status = 'running' ORDER BY sequence LIMIT $2", [.int(Int64(max(limit, 0)))])
  }

  /// Those whose process holds no lease now: it is gone, or its node has another one.
  public func abandonedRuns(limit: Int) async throws -> [RunRecord] {
    try await runs(
      """
      status = 'running' AND NOT EXISTS (
        SELECT 1 FROM nodes
        WHERE nodes.id = runs.node AND nodes.incarnation = runs.incarnation
          AND nodes.lease_until > clock_timestamp()
      ) ORDER BY sequence LIMIT $2
      """, [.int(Int64(max(limit, 0)))])
  }

  public func activeRun(sessionID: UUID) async throws -> RunRecord? {
    try await runs("session_id = $2 AND status = 'running'", [.uuid(sessionID)]).first
  }

  public func log(runID: UUID, after id: Int, limit: Int) async throws -> [RunLogBatch] {
    try await database.query(
      """
      SELECT first_id, last_id, token_count, payload FROM run_events
      WHERE run = (SELECT sequence FROM runs WHERE owner = $1 AND id = $2) AND last_id > $3
      ORDER BY last_id LIMIT $4
      """,
      [.text(owner), .uuid(runID), .int(Int64(id)), .int(Int64(max(limit, 1)))]
    ).map {
      RunLogBatch(
        runID: runID, firstID: try $0["first_id"], lastID: try $0["last_id"],
        tokenCount: try $0["token_count"], payload: try $0["payload"])
    }
  }

  public func logs(after positions: [UUID: Int], limit: Int) async throws -> [RunLogBatch] {
    let wanted = Array(positions)
    return try await database.query(
      """
      SELECT wanted.id, batch.first_id, batch.last_id, batch.token_count, batch.payload
      FROM unnest($2::uuid[], $3::bigint[]) AS wanted (id, position)
      JOIN runs ON runs.id = wanted.id AND runs.owner = $1
      CROSS JOIN LATERAL (
        SELECT first_id, last_id, token_count, payload FROM run_events
        WHERE run = runs.sequence AND last_id > wanted.position ORDER BY last_id LIMIT $4
      ) AS batch
      ORDER BY wanted.id, batch.last_id
      """,
      [
        .text(owner), .uuids(wanted.map(\.key)), .ints(wanted.map { Int64($0.value) }),
        .int(Int64(max(limit, 1))),
      ]
    ).map {
      RunLogBatch(
        runID: try $0["id"], firstID: try $0["first_id"], lastID: try $0["last_id"],
        tokenCount: try $0["token_count"], payload: try $0["payload"])
    }
  }

  public func compactRuns(endedBefore: Date, limit: Int) async throws -> Int {
    guard limit > 0 else { return 0 }
    // Runs that another process is compacting are left to it.
    return try await database.write { connection in
      try await connection.query(
        """
        WITH due AS (
          SELECT sequence FROM runs
          WHERE owner = $1 AND NOT is_compacted AND ended_at IS NOT NULL AND ended_at < $2
          ORDER BY ended_at LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
        ), gone AS (
          DELETE FROM run_events USING due WHERE run_events.run = due.sequence
        )
        UPDATE runs SET is_compacted = true FROM due WHERE runs.sequence = due.sequence
        """,
        [.text(owner), .int(StoredValues.milliseconds(endedBefore)), .int(Int64(limit))]
      ).affectedRows
    }
  }

  private func runs(_ condition: String, _ parameters: [PostgresValue]) async throws -> [RunRecord] {
    try await database.query(
      """
      SELECT id, session_id, message_id, fingerprint, thread_id, status, last_event_id, token_count,
        is_compacted, created_at, ended_at
      FROM runs WHERE owner = $1 AND \(condition)
      """,
      [.text(owner)] + parameters
    ).map(RunRecord.init(row:))
  }
}

extension RunRecord {
  fileprivate init(row: PostgresRow) throws {
    guard let status = Message.Status(rawValue: try row["status"]) else {
      throw StoredValues.unreadable("run")
    }
    let endedAt: Int64? = try row["ended_at"]
    self.init(
      id: try row["id"], sessionID: try row["session_id"], messageID: try row["message_id"],
      fingerprint: try row["fingerprint"], threadID: try row["thread_id"], status: status,
      lastEventID: try row["last_event_id"], tokenCount: try row["token_count"],
      isCompacted: try row["is_compacted"],
      createdAt: StoredValues.date(milliseconds: try row["created_at"]),
      endedAt: endedAt.map(StoredValues.date(milliseconds:)))
  }
}
