import Foundation
import GRDB
import Graph
import Testing

@testable import Storage

@Suite("Runs in SQLite")
struct SQLiteRunStoreTests {
  @Test("are kept across restarts, with their logs and checkpoints")
  func restart() async throws {
    try await withTemporaryFolder { folder in
      let first = try await SQLiteDatabase.open(folder: folder)
      let run = try await first.runStores.beginRun()
      try await first.runStores.apply(
        .append(run.batch(1...3)), .append(run.batch(4...9, tokens: 6)),
        .checkpoint(run.checkpoint(2), runID: run.id))
      try first.close()

      let second = try await SQLiteDatabase.open(folder: folder)
      var record = run.run
      record.lastEventID = 9
      record.tokenCount = 6
      #expect(try await second.runs.runningRuns(limit: 9) == [record])
      #expect(
        try await second.runs.log(runID: run.id, after: 0, limit: 9)
          == [run.batch(1...3), run.batch(4...9, tokens: 6)])
      #expect(try await second.checkpointer.latest(threadID: run.run.threadID) == run.checkpoint(2))
      try await second.runStores.apply(.end(run.ending(10...10, status: .interrupted)))
      try second.close()
    }
  }

  @Test("are on the disk before they are acknowledged")
  func durability() async throws {
    try await withDatabase { database in
      let level = try await database.writer.writeWithoutTransaction {
        try Int.fetchOne($0, sql: "PRAGMA synchronous")
      }
      #expect(level == 2, "FULL: each commit waits for the disk")
    }
  }

  @Test("store nothing of a call that fills the disk, and work again when there is room")
  func fullDisk() async throws {
    try await withDatabase { database in
      let stores = database.runStores
      let run = try await stores.beginRun()
      let other = RunFixture()
      let large = RunLogBatch(
        runID: run.id, firstID: 1, lastID: 1, tokenCount: 0, payload: Data(repeating: 1, count: 1_000_000))
      try await setPageLimit(60, database)
      // The small changes around it would have had room, and are not stored either.
      await expectStoreError(.failed, saying: "disk is full") {
        _ = try await stores.runs.apply([.begin(other.beginning), .append(large), .end(run.ending(2...2))])
      }
      #expect(try await stores.runs.run(id: other.id) == nil)
      #expect(try await stores.conversations.session(id: other.session.id) == nil)
      #expect(try await stores.runs.run(id: run.id) == run.run)
      #expect(try await stores.conversations.message(id: run.answer.id) == run.answer)
      // The connection is not left in the middle of anything: what fits still works.
      try await stores.apply(.append(run.batch(1...1)))
      try await setPageLimit(100_000, database)
      try await stores.apply(.begin(other.beginning), .end(run.ending(2...2)))
      #expect(try await stores.runs.log(runID: run.id, after: 0, limit: 9).map(\.lastID) == [1, 2])
    }
  }

  @Test("say that the database is read-only or closed")
  func readOnly() async throws {
    try await withDatabase { database in
      let run = try await database.runStores.beginRun()
      try await setReadOnly(true, database)
      await expectStoreError(.unavailable) { _ = try await database.runs.apply([.append(run.batch(1...1))]) }
      await expectStoreError(.unavailable) { try await database.checkpointer.save(run.checkpoint()) }
      #expect(try await database.runs.run(id: run.id) == run.run)
      try await setReadOnly(false, database)
      try await database.runStores.apply(.append(run.batch(1...1)))
      try database.close()
      await expectStoreError(.unavailable) { _ = try await database.runs.apply([.append(run.batch(2...2))]) }
      await expectStoreError(.unavailable) { _ = try await database.runs.runningRuns(limit: 1) }
    }
  }

  @Test("can be read while a long write is going on, as they were before it")
  func readersDuringAWrite() async throws {
    try await withDatabase { database in
      let run = try await database.runStores.beginRun()
      let (isInside, inside) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      let writing = DispatchQueue(label: "test.writing")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await database.write { db in
            try db.execute(sql: "UPDATE runs SET token_count = 99")
            isInside.signal()
            inside.wait()
          }
        }
        await withCheckedContinuation { continuation in
          writing.async {
            isInside.wait()
            continuation.resume()
          }
        }
        #expect(try await database.runs.run(id: run.id) == run.run)
        #expect(try await database.conversations.messages(sessionID: run.session.id).count == 2)
        inside.signal()
        try await group.waitForAll()
      }
      #expect(try await database.runs.run(id: run.id)?.tokenCount == 99)
    }
  }

  @Test("are written by two connections of one file without being lost")
  func twoWriters() async throws {
    try await withTemporaryFolder { folder in
      let databases = [
        try await SQLiteDatabase.open(folder: folder), try await SQLiteDatabase.open(folder: folder),
      ]
      try await withThrowingTaskGroup(of: Void.self) { group in
        for database in databases {
          group.addTask {
            let run = try await database.runStores.beginRun()
            for id in 1...40 { try await database.runStores.apply(.append(run.batch(id...id))) }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await databases[0].runs.runningRuns(limit: 9).map(\.lastEventID) == [40, 40])
      for database in databases { try database.close() }
    }
  }

  @Test("leave nothing behind when their session is deleted")
  func nothingLeft() async throws {
    try await withDatabase { database in
      let run = try await database.runStores.beginRun()
      try await database.runStores.apply(
        .append(run.batch(1...1)), .checkpoint(run.checkpoint(), runID: run.id))
      try await database.runStores.apply(.end(run.ending(2...2, status: .interrupted)))
      try await database.runStores.apply(.begin(run.continuation()))
      _ = try await database.conversations.deleteSession(id: run.session.id)
      for table in ["sessions", "messages", "runs", "run_events", "checkpoints"] {
        let count = try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
        #expect(count == 0, "\(table)")
      }
    }
  }

  @Test(
    "are found through an index",
    arguments: [
      (
        "SELECT * FROM runs WHERE owner = 'o' AND status = 'running' ORDER BY +sequence LIMIT 5",
        "runs_running"
      ),
      (
        """
        SELECT sequence FROM runs
        WHERE owner = 'o' AND is_compacted = 0 AND ended_at IS NOT NULL AND ended_at < 5
        ORDER BY ended_at LIMIT 5
        """, "runs_to_compact"
      ),
      ("SELECT payload FROM run_events WHERE run = 1 AND last_id > 7 ORDER BY last_id", "run_events"),
      (
        "SELECT * FROM runs WHERE session_id = 's' AND status = 'running' AND owner = 'o'",
        "runs_running_by_session"
      ),
      ("DELETE FROM checkpoints WHERE owner = 'o' AND thread_id = 'x'", "checkpoints"),
    ])
  func indexes(sql: String, index: String) async throws {
    try await withDatabase { database in
      let plan = try await database.read { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
      }
      #expect(plan.allSatisfy { $0.contains("INDEX") || $0.contains("B-TREE") }, "\(plan)")
      #expect(plan.contains { $0.contains(index) }, "\(plan)")
    }
  }

  /// Outside of a transaction: a read-only connection cannot even begin one that writes.
  private func setReadOnly(_ isReadOnly: Bool, _ database: SQLiteDatabase) async throws {
    try await database.writer.writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA query_only = \(isReadOnly)")
    }
  }

  private func setPageLimit(_ pages: Int, _ database: SQLiteDatabase) async throws {
    try await database.write { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
  }
}

@Suite("Checkpoints in SQLite")
struct SQLiteCheckpointerTests {
  @Test("are the newest of a thread, and no more than are needed")
  func bounded() async throws {
    try await withDatabase { database in
      let run = RunFixture()
      let limit = SQLiteCheckpointer.checkpointsPerThread
      for id in 1...(limit + 4) { try await database.checkpointer.save(run.checkpoint(id)) }
      let kept = try await database.checkpointer.list(threadID: run.run.threadID)
      #expect(kept.map(\.id) == Array(5...(limit + 4)))
    }
  }

  @Test("go on in a thread whose older ones a run has forgotten")
  func afterARun() async throws {
    try await withDatabase { database in
      let run = try await database.runStores.beginRun()
      try await database.runStores.apply(.checkpoint(run.checkpoint(7), runID: run.id))
      await #expect(throws: CheckpointConflict.self) {
        try await database.checkpointer.save(run.checkpoint(1))
      }
      try await database.checkpointer.save(run.checkpoint(8))
      #expect(try await database.checkpointer.list(threadID: run.run.threadID).map(\.id) == [7, 8])
    }
  }

  @Test("that another program has damaged are an error that says so")
  func damaged() async throws {
    try await withDatabase { database in
      let checkpoint = RunFixture().checkpoint()
      try await database.checkpointer.save(checkpoint)
      try await database.write { try $0.execute(sql: "UPDATE checkpoints SET pending = '{'") }
      await expectStoreError(.failed) {
        _ = try await database.checkpointer.latest(threadID: checkpoint.threadID)
      }
    }
  }
}
