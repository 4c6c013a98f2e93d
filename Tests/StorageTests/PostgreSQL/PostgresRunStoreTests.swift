import Foundation
import Graph
import Postgres
import TestSupport
import Testing

@testable import Storage

@Suite("Runs in PostgreSQL", .enabled(if: TestPostgres.isGiven))
struct PostgresRunStoreTests {
  @Test("leave nothing behind when their session is deleted")
  func nothingLeft() async throws {
    try await withPostgresDatabase { database in
      let run = try await database.runStores.beginRun()
      try await database.runStores.apply(
        .append(run.batch(1...1)), .checkpoint(run.checkpoint(), runID: run.id))
      try await database.runStores.apply(.end(run.ending(2...2, status: .interrupted)))
      try await database.runStores.apply(.begin(run.continuation()))
      #expect(try await database.mine.conversations.deleteSession(id: run.session.id))
      for table in ["sessions", "messages", "runs", "run_events", "checkpoints"] {
        #expect(try await database.count("SELECT count(*) FROM \(table)") == 0, "\(table)")
      }
    }
  }

  @Test("one of them in a session at a time, whoever begins it")
  func oneInASession() async throws {
    try await withPostgresDatabases(2) { databases in
      let first = try await databases[0].runStores.beginRun()
      let question = makeQuestion(in: first.session, parent: first.answer.id, at: 50)
      let answer = makeAnswer(to: question, at: 50)
      let second = RunBeginning(
        newMessages: [question, answer],
        run: RunRecord(
          id: UUID(), sessionID: first.session.id, messageID: answer.id, fingerprint: "2", threadID: "2",
          createdAt: time(50)))
      try await databases[1].runStores.expectRefusal(.conflict, of: .begin(second))
      #expect(try await databases[1].mine.conversations.message(id: question.id) == nil)
      #expect(try await databases[1].mine.runs.activeRun(sessionID: first.session.id)?.id == first.id)
      // Of changes that come together, the end makes room for the next.
      try await databases[0].runStores.apply(.end(first.ending(1...1)), .begin(second))
      #expect(try await databases[1].mine.runs.activeRun(sessionID: first.session.id)?.id == second.run.id)
    }
  }

  @Test("begun in one session by many at once are one")
  func race() async throws {
    try await withPostgresDatabases(2) { databases in
      let session = makeSession()
      let codes = try await withThrowingTaskGroup(of: StoreError.Code?.self) { group in
        for index in 0..<12 {
          group.addTask {
            let question = makeQuestion(in: session)
            let answer = makeAnswer(to: question)
            let run = RunRecord(
              id: UUID(), sessionID: session.id, messageID: answer.id, fingerprint: "", threadID: "\(index)",
              createdAt: time(1))
            // Even its session is stored by whoever comes first.
            let beginning = RunBeginning(newSession: session, newMessages: [question, answer], run: run)
            return try await databases[index % 2].mine.runs.apply([.begin(beginning)])[0]?.code
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(codes.count { $0 == nil } == 1)
      #expect(codes.count { $0 == .conflict } == 11)
      #expect(try await databases[0].mine.conversations.messages(sessionID: session.id).count == 2)
    }
  }

  @Test("are ended by the first of two nodes; the other one's events and end are refused")
  func fence() async throws {
    try await withPostgresDatabases(2) { databases in
      let run = try await databases[0].runStores.beginRun()
      try await databases[0].runStores.apply(.append(run.batch(1...3)))
      try await databases[1].runStores.apply(
        .end(run.ending(4...4, content: "taken over", status: .interrupted)))
      try await databases[0].runStores.expectRefusal(.notFound, of: .append(run.batch(4...6)))
      try await databases[0].runStores.expectRefusal(.notFound, of: .end(run.ending(4...6)))
      #expect(try await databases[0].mine.conversations.message(id: run.answer.id)?.content == "taken over")
      #expect(
        try await databases[0].mine.runs.log(runID: run.id, after: 0, limit: 9).map(\.lastID) == [3, 4])
    }
  }

  @Test("that hold what PostgreSQL cannot keep are refused, and take no others with them")
  func strangeText() async throws {
    try await withPostgresDatabase { database in
      let stored = try await database.runStores.beginRun()
      let good = RunFixture()
      var strange = RunFixture().beginning
      strange.newMessages[0].content = "a\u{0}b"
      let refusals = try await database.mine.runs.apply([
        .begin(strange), .begin(good.beginning), .append(stored.batch(1...2)),
        .checkpoint(stored.checkpoint(state: "\u{0}"), runID: stored.id),
        .end(stored.ending(3...3, content: "\u{0}")),
      ])
      #expect(refusals.map { $0?.code } == [.failed, nil, nil, nil, .failed])
      #expect(try await database.mine.runs.run(id: stored.id)?.lastEventID == 2)
      #expect(try await database.mine.runs.run(id: strange.run.id) == nil)
    }
  }

  @Test("are stored without the one that the database itself refuses")
  func refusedByTheDatabase() async throws {
    try await withPostgresDatabase { database in
      try await database.execute("ALTER TABLE runs ADD CHECK (fingerprint <> 'bad')")
      let good = RunFixture()
      var bad = RunFixture().beginning
      bad.run = RunRecord(
        id: bad.run.id, sessionID: bad.run.sessionID, messageID: bad.run.messageID, fingerprint: "bad",
        threadID: bad.run.threadID, createdAt: time(0))
      let refusals = try await database.mine.runs.apply([
        .begin(bad), .begin(good.beginning), .append(good.batch(1...2)), .append(good.batch(1...2)),
      ])
      #expect(refusals.map { $0?.code } == [.conflict, nil, nil, .conflict])
      #expect(try await database.mine.conversations.session(id: bad.run.sessionID) == nil)
      #expect(try await database.mine.runs.run(id: good.id)?.lastEventID == 2)
    }
  }

  @Test("end and go with their sessions at the same time without waiting for each other in a circle")
  func deletions() async throws {
    try await withPostgres { fixture in
      // The server does not resolve a circle within the time that a statement may take here.
      let options = "options=-cdeadlock_timeout%3D60s%20-cstatement_timeout%3D5s%20"
      let patient = PostgresFixture(url: fixture.url.replacing("options=", with: options))
      let databases = [try await patient.open(), try await patient.open()]
      for _ in 0..<10 {
        var runs: [RunFixture] = []
        for _ in 0..<6 { runs.append(try await databases[0].runStores.beginRun()) }
        try await withThrowingTaskGroup(of: Void.self) { [runs] group in
          group.addTask {
            _ = try await databases[0].mine.runs.apply(
              runs.flatMap { [.append($0.batch(1...1)), .end($0.ending(2...2))] })
          }
          for run in runs {
            group.addTask { _ = try await databases[1].mine.conversations.deleteSession(id: run.session.id) }
          }
          try await group.waitForAll()
        }
      }
      #expect(try await databases[0].count("SELECT count(*) FROM runs") == 0)
      #expect(try await databases[0].count("SELECT count(*) FROM run_events") == 0)
      for database in databases { await database.close() }
    }
  }

  @Test("grow without a write to any index of theirs")
  func heapOnlyTuples() async throws {
    try await withPostgresDatabase { database in
      let run = try await database.runStores.beginRun()
      for id in 1...10 { try await database.runStores.apply(.append(run.batch(id...id))) }
      // The session's own counters reach the shared ones from time to time.
      try await eventually("updates are heap-only tuples") {
        // By the connection that has made them.
        _ = try await database.journal.query("SELECT pg_stat_force_next_flush()")
        return try await database.count(
          """
          SELECT CASE WHEN n_tup_upd >= 10 AND n_tup_hot_upd = n_tup_upd THEN 1 ELSE 0 END
          FROM pg_stat_user_tables WHERE relid = 'runs'::regclass
          """) == 1
      }
    }
  }

  @Test(
    "are found through an index",
    arguments: [
      (
        "SELECT id FROM runs WHERE owner = 'o' AND status = 'running' AND session_id = '8f0e6ad6-5ba4-4a6f-a5f0-0f3c1a3f6c11'",
        "runs_"
      ),
      (
        "SELECT sequence FROM runs WHERE owner = 'o' AND NOT is_compacted AND ended_at IS NOT NULL AND ended_at < 5 ORDER BY ended_at LIMIT 5",
        "runs_to_compact"
      ),
      ("SELECT payload FROM run_events WHERE run = 1 AND last_id > 7 ORDER BY last_id", "run_events_pkey"),
      (
        "SELECT id FROM runs WHERE owner = 'o' AND id = '8f0e6ad6-5ba4-4a6f-a5f0-0f3c1a3f6c11'", "runs_id_key"
      ),
      ("DELETE FROM checkpoints WHERE owner = 'o' AND thread_id = 'x'", "checkpoints_pkey"),
      (
        "SELECT id FROM sessions WHERE owner = 'o' ORDER BY updated_at DESC, id DESC LIMIT 5",
        "sessions_by_update"
      ),
      (
        "SELECT id FROM messages WHERE owner = 'o' AND session_id = '8f0e6ad6-5ba4-4a6f-a5f0-0f3c1a3f6c11' ORDER BY sequence",
        "messages_by_session"
      ),
    ])
  func indexes(sql: String, index: String) async throws {
    try await withPostgresDatabase { database in
      let plan = try await database.read { connection in
        // Empty tables are read whole otherwise.
        _ = try await connection.query("SET LOCAL enable_seqscan = off")
        return try await connection.query("EXPLAIN " + sql).map { try $0[0] as String }
      }
      #expect(plan.contains { $0.contains(index) }, "\(plan)")
      #expect(!plan.contains { $0.contains("Seq Scan") }, "\(plan)")
    }
  }
}

@Suite("Checkpoints in PostgreSQL", .enabled(if: TestPostgres.isGiven))
struct PostgresCheckpointerTests {
  @Test("are the newest of a thread, and no more than are needed")
  func bounded() async throws {
    try await withPostgresDatabase { database in
      let run = RunFixture()
      let limit = PostgresCheckpointer.checkpointsPerThread
      for id in 1...(limit + 4) { try await database.mine.checkpointer.save(run.checkpoint(id)) }
      let kept = try await database.mine.checkpointer.list(threadID: run.run.threadID)
      #expect(kept.map(\.id) == Array(5...(limit + 4)))
    }
  }

  @Test("go on in a thread whose older ones a run has forgotten")
  func afterARun() async throws {
    try await withPostgresDatabase { database in
      let run = try await database.runStores.beginRun()
      try await database.runStores.apply(.checkpoint(run.checkpoint(7), runID: run.id))
      await #expect(throws: CheckpointConflict.self) {
        try await database.mine.checkpointer.save(run.checkpoint(1))
      }
      try await database.mine.checkpointer.save(run.checkpoint(8))
      #expect(try await database.mine.checkpointer.list(threadID: run.run.threadID).map(\.id) == [7, 8])
    }
  }
}
