import Foundation
import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct TransactionTests {
  @Test("A transaction commits when its body returns and rolls back when it throws")
  func commitAndRollback() async throws {
    struct Refusal: Error {}
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      let count = try await client.transaction { connection in
        _ = try await connection.query("INSERT INTO t VALUES (1), (2)")
        return try await connection.query("SELECT count(*) FROM t")[0][0] as Int
      }
      #expect(count == 2)
      await #expect(throws: Refusal.self) {
        try await client.transaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES (3)")
          throw Refusal()
        }
      }
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 2)
      try await client.transaction { _ in }
    }
  }

  @Test("A transaction has the isolation and the access it was asked for")
  func modes() async throws {
    try await TestDatabase.withClient { client in
      let level = try await client.transaction(isolation: .serializable) {
        try await $0.query("SHOW transaction_isolation")[0][0] as String
      }
      #expect(level == "serializable")
      let error = try await failure {
        try await client.transaction(readOnly: true) { try await $0.query("CREATE TABLE t (a int)") }
      }
      #expect(error.sqlState == "25006")
    }
  }

  @Test("A serialisation failure runs the body again until it succeeds", arguments: [false, true])
  func serialisation(wraps: Bool) async throws {
    struct Wrapped: Error {}
    try await TestDatabase.withClient { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      _ = try await client.query("INSERT INTO t VALUES (0)")
      let runs = Counter()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            try await client.transaction(isolation: .serializable, retries: 50) { connection in
              runs.add()
              do {
                let value: Int = try await connection.query("SELECT a FROM t")[0]["a"]
                _ = try await connection.query("UPDATE t SET a = $1", [.int(Int64(value) + 1)])
              } catch {
                throw wraps ? Wrapped() : error
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await client.query("SELECT a FROM t")[0]["a"] == 4)
      #expect(runs.value >= 4)
    }
  }

  @Test("A deadlock is resolved by running one of the bodies again")
  func deadlock() async throws {
    try await TestDatabase.withClient { client in
      _ = try await client.query("CREATE TABLE t (id int, a int)")
      _ = try await client.query("INSERT INTO t VALUES (1, 0), (2, 0)")
      let first = Counter()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for order in [[1, 2], [2, 1]] {
          group.addTask {
            try await client.transaction { connection in
              _ = try await connection.query("UPDATE t SET a = a + 1 WHERE id = $1", [.int(Int64(order[0]))])
              first.add()
              // Both hold one row before either asks for the other one.
              while first.value < 2 { await Task.yield() }
              _ = try await connection.query("UPDATE t SET a = a + 1 WHERE id = $1", [.int(Int64(order[1]))])
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await client.query("SELECT sum(a) FROM t")[0][0] == 4)
    }
  }

  @Test("Retries are bounded, and what fails for another reason is not run again")
  func bounds() async throws {
    try await TestDatabase.withClient { client in
      let runs = Counter()
      let error = try await failure {
        try await client.transaction(retries: 2) { connection in
          runs.add()
          try await connection.execute(script: "DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40001'; END $$")
        }
      }
      #expect(error.isRetryable)
      #expect(runs.value == 3)
      _ = try await failure {
        try await client.transaction { connection in
          runs.add()
          _ = try await connection.query("SELECT 1/0")
        }
      }
      #expect(runs.value == 4)
    }
  }

  @Test("A failure that the body ignores is not mistaken for a commit")
  func swallowed() async throws {
    try await TestDatabase.withClient { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      let error = try await failure {
        try await client.transaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES (1)")
          _ = try? await connection.query("SELECT 1/0")
        }
      }
      #expect(error.kind == .usage(.failedTransaction))
      #expect(error.message.contains("22012"))
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 0)
    }
  }

  @Test("A savepoint lets a transaction go on after a failure")
  func savepoint() async throws {
    try await TestDatabase.withClient { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      try await client.transaction { connection in
        _ = try await connection.query("INSERT INTO t VALUES (1)")
        _ = try await connection.query("SAVEPOINT s")
        _ = try? await connection.query("SELECT 1/0")
        _ = try await connection.query("ROLLBACK TO SAVEPOINT s")
      }
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 1)
    }
  }

  @Test("A transaction that a body left open does not reach the next loan")
  func leftOpen() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      try await client.withConnection { connection in
        _ = try await connection.query("BEGIN")
        _ = try await connection.query("INSERT INTO t VALUES (1)")
        try await connection.setStatementTimeout(.seconds(7))
        #expect(try await connection.query("SHOW statement_timeout")[0][0] == "7s")
      }
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 0)
      #expect(try await client.query("SHOW statement_timeout")[0][0] == "30s")
    }
  }

  @Test("A connection is for one task at a time and for one loan")
  func misuse() async throws {
    try await TestDatabase.withClient { client in
      let kept = try await client.withConnection { connection in
        let query: @Sendable () async throws -> PostgresResult = {
          try await connection.query("SELECT pg_sleep(0.2)")
        }
        async let slow = Result { try await query() }
        async let other = Result { try await query() }
        let results = await [slow, other]
        let errors = results.compactMap { result -> PostgresError.Kind? in
          guard case .failure(let error) = result else { return nil }
          return (error as? PostgresError)?.kind
        }
        #expect(errors == [.usage(.connectionInUse)])
        return connection
      }
      #expect(try await failure { try await kept.query("SELECT 1") }.kind == .usage(.connectionReturned))
    }
  }
}

extension Result where Failure == any Error {
  init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
