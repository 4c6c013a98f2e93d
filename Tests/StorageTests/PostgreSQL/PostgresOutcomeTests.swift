import Foundation
import Graph
import Synchronization
import TestSupport
import Testing

@testable import Postgres
@testable import Storage

/// What becomes of writes whose connection breaks.
@Suite("A lost connection", .enabled(if: TestPostgres.isGiven))
struct PostgresOutcomeTests {
  @Test("before the commit lets the write be done again, once")
  func beforeCommit() async throws {
    try await withPostgresDatabase { database in
      let tries = Mutex(0)
      let answer = try await database.write { connection in
        let number = tries.withLock { number in
          number += 1
          return number
        }
        _ = try await connection.query("INSERT INTO settings VALUES ('o', $1, 'x')", [.text("\(number)")])
        if number == 1 { try await end(connection, of: database) }
        return number
      }
      #expect(answer == 2)
      #expect(try await database.count("SELECT count(*) FROM settings") == 1)
    }
  }

  @Test("during a commit that came through does not let the write be done twice")
  func committed() async throws {
    try await withSlowCommits { database in
      let tries = Mutex(0)
      let answer = try await endingCommits(of: database) { slowCommit in
        try await database.write { connection in
          tries.withLock { $0 += 1 }
          _ = try await connection.query("INSERT INTO settings VALUES ('o', 'key', 'x')")
          // This is what a commit does whose answer is lost.
          try await connection.execute(script: "COMMIT; BEGIN")
          try await slowCommit(connection)
          return tries.withLock { $0 }
        }
      }
      #expect(answer == 1)
      #expect(tries.withLock { $0 } == 1)
      #expect(try await database.count("SELECT count(*) FROM settings") == 1)
    }
  }

  @Test("during a commit that did not come through lets the write be done again")
  func rolledBack() async throws {
    try await withSlowCommits { database in
      let tries = Mutex(0)
      let answer = try await endingCommits(of: database) { slowCommit in
        try await database.write { connection in
          let number = tries.withLock { number in
            number += 1
            return number
          }
          _ = try await connection.query("INSERT INTO settings VALUES ('o', $1, 'x')", [.text("\(number)")])
          if number == 1 { try await slowCommit(connection) }
          return number
        }
      }
      #expect(answer == 2)
      #expect(try await database.count("SELECT count(*) FROM settings WHERE key = '2'") == 1)
      #expect(try await database.count("SELECT count(*) FROM settings") == 1)
    }
  }

  @Test("during the commit of a run's steps neither repeats nor refuses any of them")
  func runSteps() async throws {
    try await withSlowCommits { database in
      let writer = PostgresRunWriter(owner: Owner.me.id, node: database.node)
      let run = RunFixture()
      let changes: [RunChange] = [
        .begin(run.beginning), .append(run.batch(1...3)), .checkpoint(run.checkpoint(), runID: run.id),
        .append(run.batch(9...9)), .end(run.ending(4...5, status: .interrupted)),
      ]
      let reader = PostgresRunStateReader(changes, owner: Owner.me.id)
      let refusals = try await endingCommits(of: database) { slowCommit in
        try await database.commit(on: database.journal, beginningWith: reader.statements) {
          let refusals = try await writer.apply(changes, $0, try reader.state($1))
          try await $0.execute(script: "COMMIT; BEGIN")
          try await slowCommit($0)
          return refusals
        }
      }
      #expect(refusals.map { $0?.code } == [nil, nil, nil, .conflict, nil])
      #expect(try await database.mine.runs.run(id: run.id)?.status == .interrupted)
      #expect(try await database.mine.runs.log(runID: run.id, after: 0, limit: 9).map(\.lastID) == [3, 5])
    }
  }

  @Test("of every connection at once is not noticed by those who write and read")
  func everyConnection() async throws {
    try await withPostgresDatabase { database in
      let runs = (0..<4).map { _ in RunFixture() }
      /// How far each run that goes on is.
      let places = Places(runs.map(\.id))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for run in runs {
          group.addTask {
            let stores = database.runStores
            try await stores.apply(.begin(run.beginning))
            for id in 1...60 {
              try await stores.apply(.append(run.batch(id...id, tokens: 1)))
              #expect(try await stores.runs.run(id: run.id)?.lastEventID == id)
              places.note(run.id, at: id)
            }
            try await stores.apply(.end(run.ending(61...61)))
            places.note(run.id, at: nil)
          }
        }
        group.addTask {
          var last: [UUID: Int] = [:]
          while !Task.isCancelled {
            await PostgresRetry.wait(.milliseconds(20))
            // However slow the machine is, each writer comes through between two ends: one that never does gives up.
            let now = places.now
            guard now.allSatisfy({ $0.value > last[$0.key, default: 0] }) else { continue }
            last = now
            try? await database.endConnections()
          }
        }
        for _ in runs { try await group.next() }
        group.cancelAll()
      }
      for run in runs {
        #expect(try await database.mine.runs.run(id: run.id)?.tokenCount == 60)
        #expect(
          try await database.mine.runs.log(runID: run.id, after: 0, limit: 99).map(\.lastID) == Array(1...61))
      }
    }
  }

  // MARK: Breaking connections

  private func end(_ connection: PostgresConnection, of database: PostgresDatabase) async throws {
    let backend: Int64 = try #require(try await connection.query("SELECT pg_backend_pid()::bigint").first)[0]
    _ = try await database.query("SELECT pg_terminate_backend($1::integer, 5000)", [.int(backend)])
  }

  /// A database in which a transaction that adds to the table `slow` takes a minute to commit.
  private func withSlowCommits(_ body: (PostgresDatabase) async throws -> Void) async throws {
    try await withPostgresDatabase { database in
      try await database.write {
        try await $0.execute(
          script: """
            CREATE TABLE slow (id bigint);
            CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
              FOR EACH ROW EXECUTE FUNCTION wait();
            """)
      }
      try await body(database)
    }
  }

  /// Runs `body`, and ends each connection that is in the middle of a slow commit: first at its client, which so hears
  /// nothing of the server's last words.
  /// - Parameter body: gets what makes a transaction's commit slow.
  private func endingCommits<Value: Sendable>(
    of database: PostgresDatabase,
    _ body: @escaping @Sendable (@Sendable (PostgresConnection) async throws -> Void) async throws -> Value
  ) async throws -> Value {
    let slow = SlowCommits()
    return try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask {
        try await body { connection in
          let row = try await connection.query("SELECT pg_backend_pid()::bigint").first
          let backend: Int64 = try #require(row)[0]
          slow.add(backend, connection.session)
          _ = try await connection.query("INSERT INTO slow VALUES (1)")
        }
      }
      group.addTask {
        while !Task.isCancelled {
          await PostgresRetry.wait(.milliseconds(5))
          for (backend, session) in slow.all {
            let sleeping = try? await database.query(
              "SELECT 1 FROM pg_stat_activity WHERE pid = $1::bigint AND query LIKE 'COMMIT%' AND wait_event = 'PgSleep'",
              [.int(backend)])
            guard sleeping?.isEmpty == false else { continue }
            await session.close()
            _ = try? await database.query("SELECT pg_terminate_backend($1::integer)", [.int(backend)])
          }
        }
        return nil
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        if let result { return result }
      }
      throw CancellationError()
    }
  }
}

/// How far several runs are.
private final class Places: Sendable {
  private let state: Mutex<[UUID: Int]>

  init(_ runs: [UUID]) { state = Mutex(Dictionary(uniqueKeysWithValues: runs.map { ($0, 0) })) }

  var now: [UUID: Int] { state.withLock { $0 } }
  func note(_ run: UUID, at place: Int?) { state.withLock { $0[run] = place } }
}

/// The connections whose next commit is slow.
private final class SlowCommits: Sendable {
  private let sessions = Mutex<[(backend: Int64, session: PostgresSession)]>([])

  var all: [(backend: Int64, session: PostgresSession)] { sessions.withLock { $0 } }
  func add(_ backend: Int64, _ session: PostgresSession) {
    sessions.withLock { $0.append((backend, session)) }
  }
}

extension PostgresDatabase {
  /// Ends every connection whose search path is this database's, except the one that does it. The name of the
  /// application tells them apart from those of other tests.
  func endConnections() async throws {
    _ = try await query(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()
      """)
  }
}
