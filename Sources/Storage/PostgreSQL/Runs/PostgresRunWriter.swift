import Foundation
import Graph
import Postgres

/// Writes the steps of runs within one transaction, each of them whole or not at all.
struct PostgresRunWriter: Sendable {
  /// Bytes of one batch: a statement's parameters hold less than 1 GiB.
  static let largestPayload = 256 << 20
  /// Bytes of events in one statement.
  private static let statementSize = 16 << 20

  let owner: String
  let node: PostgresNode

  /// Applies changes in two round trips: one locks and reads what they are about, one writes what they come to.
  /// - Returns: for each change why it was refused.
  /// - Throws: ``PostgresError``. The transaction is lost then.
  func apply(
    _ changes: [RunChange], _ connection: PostgresConnection, _ state: PostgresRunState
  ) async throws -> [StoreError?] {
    var plan = PostgresRunPlan(state)
    let refusals = changes.map { plan.apply($0) }
    let statements = try statements(for: plan)
    if !statements.isEmpty { _ = try await connection.pipeline(statements) }
    return refusals
  }

  /// Applies changes one by one, for when one of them is such that the database itself refuses it, or another process
  /// has stored the same at the same moment: the others are not lost with it.
  func applyEach(_ changes: [RunChange], _ connection: PostgresConnection) async throws -> [StoreError?] {
    var refusals: [StoreError?] = []
    for change in changes {
      _ = try await connection.query("SAVEPOINT run_change")
      do {
        refusals.append(try await apply(change, connection))
      } catch let error as PostgresError where PostgresErrorMapping.isRefusal(error) {
        _ = try await connection.query("ROLLBACK TO run_change")
        // A second try sees what the other process has stored, and says what it means for this change.
        refusals.append(try await applyAgain(change, connection))
      }
      _ = try await connection.query("RELEASE run_change")
    }
    return refusals
  }

  private func applyAgain(
    _ change: RunChange, _ connection: PostgresConnection
  ) async throws -> StoreError? {
    do {
      return try await apply(change, connection)
    } catch let error as PostgresError where PostgresErrorMapping.isRefusal(error) {
      _ = try await connection.query("ROLLBACK TO run_change")
      return PostgresErrorMapping.map(error) as? StoreError
    }
  }

  private func apply(_ change: RunChange, _ connection: PostgresConnection) async throws -> StoreError? {
    let reader = PostgresRunStateReader([change], owner: owner)
    let state = try reader.state(try await connection.pipeline(reader.statements))
    return try await apply([change], connection, state)[0]
  }

  // MARK: Statements

  /// A run that ends makes room for another in its session, so stored runs come before new ones.
  private func statements(for plan: PostgresRunPlan) throws -> [PostgresStatement] {
    var statements: [PostgresStatement] = []
    if !plan.newSessions.isEmpty {
      let sessions = plan.newSessions.values.sorted { $0.id.uuidString < $1.id.uuidString }
      statements.append(PostgresConversationRows.insert(sessions, owner: owner))
    }
    if !plan.touchedSessions.isEmpty {
      let times = plan.touchedSessions.map { (session: $0.key, updatedAt: $0.value) }
      statements.append(PostgresConversationRows.touch(times, owner: owner))
    }
    if !plan.newMessages.isEmpty {
      statements.append(try PostgresConversationRows.insert(plan.newMessages, owner: owner))
    }
    if !plan.changedMessages.isEmpty {
      let messages = Array(plan.changedMessages.values)
      statements.append(try PostgresConversationRows.update(messages, owner: owner))
    }
    statements += changedRuns(plan)
    if !plan.newRuns.isEmpty { statements.append(newRuns(plan)) }
    statements += events(plan)
    return statements + (try checkpoints(plan))
  }

  /// One statement changes a run, never two: the second would find a row of this very transaction, and PostgreSQL then
  /// checks its keys again, for which it locks the session. Locks are taken in another order; see
  /// ``PostgresRunStateReader``.
  private func changedRuns(_ plan: PostgresRunPlan) -> [PostgresStatement] {
    let new = Set(plan.newRuns.map(\.id))
    let grown = plan.grownRuns.filter { plan.endings[$0] == nil }.compactMap { plan.state.runs[$0] }
    let ended = plan.endings.filter { !new.contains($0.key) }.compactMap { id, endedAt in
      plan.state.runs[id].map { (run: $0, endedAt: StoredValues.milliseconds(endedAt)) }
    }
    return (grown.isEmpty ? [] : [growth(of: grown)]) + (ended.isEmpty ? [] : [end(of: ended)])
  }

  private func growth(of runs: [PostgresRunState.Run]) -> PostgresStatement {
    PostgresStatement(
      """
      UPDATE runs SET last_event_id = grown.last_event_id, token_count = grown.token_count
      FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS grown (sequence, last_event_id, token_count)
      WHERE runs.owner = $1 AND runs.sequence = grown.sequence
      """,
      [
        .text(owner), .ints(runs.map(\.sequence)), .ints(runs.map { Int64($0.lastEventID) }),
        .ints(runs.map { Int64($0.tokenCount) }),
      ])
  }

  private func end(of runs: [(run: PostgresRunState.Run, endedAt: Int64)]) -> PostgresStatement {
    PostgresStatement(
      """
      UPDATE runs SET last_event_id = ended.last_event_id, token_count = ended.token_count,
        status = ended.status, ended_at = ended.at
      FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[])
        AS ended (sequence, last_event_id, token_count, status, at)
      WHERE runs.owner = $1 AND runs.sequence = ended.sequence
      """,
      [
        .text(owner), .ints(runs.map(\.run.sequence)), .ints(runs.map { Int64($0.run.lastEventID) }),
        .ints(runs.map { Int64($0.run.tokenCount) }), .texts(runs.map(\.run.status.rawValue)),
        .ints(runs.map(\.endedAt)),
      ])
  }

  /// As they are after all changes of this call. An array holds no nulls: the time of a run that goes on is the earliest.
  private func newRuns(_ plan: PostgresRunPlan) -> PostgresStatement {
    let runs = plan.newRuns.compactMap { record in plan.state.runs[record.id].map { (record, $0) } }
    let ends = runs.map { (plan.endings[$0.0.id] ?? $0.0.endedAt).map(StoredValues.milliseconds) }
    return PostgresStatement(
      """
      INSERT INTO runs
        (owner, node, incarnation, sequence, id, session_id, message_id, fingerprint, thread_id, status,
         last_event_id, token_count, is_compacted, created_at, ended_at)
      OVERRIDING SYSTEM VALUE
      SELECT $1, $2, $3, sequence, id, session_id, message_id, fingerprint, thread_id, status, last_event_id,
        token_count, is_compacted <> 0, created_at, nullif(ended_at, \(Int64.min + 1))
      FROM unnest(
        $4::bigint[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[], $11::bigint[],
        $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[]
      ) AS run
        (sequence, id, session_id, message_id, fingerprint, thread_id, status, last_event_id, token_count,
         is_compacted, created_at, ended_at)
      """,
      [
        .text(owner), .uuid(node.id), .uuid(node.incarnation), .ints(runs.map(\.1.sequence)),
        .uuids(runs.map(\.0.id)), .uuids(runs.map(\.0.sessionID)), .uuids(runs.map(\.0.messageID)),
        .texts(runs.map(\.0.fingerprint)), .texts(runs.map(\.0.threadID)),
        .texts(runs.map(\.1.status.rawValue)), .ints(runs.map { Int64($0.1.lastEventID) }),
        .ints(runs.map { Int64($0.1.tokenCount) }), .ints(runs.map { $0.0.isCompacted ? 1 : 0 }),
        .ints(runs.map { StoredValues.milliseconds($0.0.createdAt) }),
        .ints(ends.map { $0 ?? Int64.min + 1 }),
      ])
  }

  private func events(_ plan: PostgresRunPlan) -> [PostgresStatement] {
    var statements: [PostgresStatement] = []
    var start = plan.batches.startIndex
    while start < plan.batches.endIndex {
      var (end, size) = (start, 0)
      while end < plan.batches.endIndex, end == start || size < Self.statementSize {
        size += plan.batches[end].batch.payload.count
        end += 1
      }
      statements.append(events(plan.batches[start..<end]))
      start = end
    }
    return statements
  }

  private func events(_ batches: ArraySlice<(run: Int64, batch: RunLogBatch)>) -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO run_events (run, last_id, first_id, token_count, payload)
      SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
      """,
      [
        .ints(batches.map(\.run)), .ints(batches.map { Int64($0.batch.lastID) }),
        .ints(batches.map { Int64($0.batch.firstID) }), .ints(batches.map { Int64($0.batch.tokenCount) }),
        .bytesArray(batches.map(\.batch.payload)),
      ])
  }

  private func checkpoints(_ plan: PostgresRunPlan) throws -> [PostgresStatement] {
    guard !plan.threads.isEmpty else { return [] }
    return [PostgresCheckpointRows.delete(threads: Array(plan.threads.keys), owner: owner)]
      + (try plan.threads.values.compactMap(\.self).map {
        try PostgresCheckpointRows.insert($0, owner: owner)
      })
  }
}
