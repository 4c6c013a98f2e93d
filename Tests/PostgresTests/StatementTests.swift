import Foundation
import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct StatementTests {
  private static func prepared(_ connection: PostgresConnection) async throws -> Int {
    // Sent as a script, so that it does not prepare itself.
    try await connection.query(
      "SELECT count(*) FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared%'")[0][0]
  }

  @Test("A statement is prepared once on each connection")
  func preparedOnce() async throws {
    try await TestDatabase.withClient { client in
      try await client.withConnection { connection in
        for number in 0..<5 {
          #expect(try await connection.query("SELECT $1", [.int(Int64(number))])[0][0] == number)
        }
        #expect(try await Self.prepared(connection) == 1)
        // Other types are another statement; a NULL that is typed is not.
        _ = try await connection.query("SELECT $1", [PostgresValue(nil as Int?)])
        #expect(try await Self.prepared(connection) == 1)
        _ = try await connection.query("SELECT $1", ["x"])
        #expect(try await Self.prepared(connection) == 2)
      }
    }
  }

  @Test("The statement that was not used for the longest time makes room")
  func eviction() async throws {
    try await TestDatabase.withClient({ $0.preparedStatementLimit = 3 }) { client in
      try await client.withConnection { connection in
        for number in 0..<20 {
          #expect(try await connection.query("SELECT 0")[0][0] == 0)
          #expect(try await connection.query("SELECT \(number)")[0][0] == number)
        }
        #expect(try await Self.prepared(connection) <= 4)
        let kept = try await connection.query(
          "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 0'")
        #expect(try kept[0][0] == 1)
        _ = try await connection.query("BEGIN")
        for number in 0..<20 { #expect(try await connection.query("SELECT -\(number)")[0][0] == -number) }
        _ = try await connection.query("COMMIT")
        _ = try await connection.query("SELECT 0")
        #expect(try await Self.prepared(connection) <= 4)
      }
    }
  }

  @Test("A statement whose result has changed is prepared again")
  func changedResult() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      _ = try await client.query("INSERT INTO t VALUES (1)")
      for _ in 0..<3 { #expect(try await client.query("SELECT * FROM t").columns == ["a"]) }
      _ = try await client.query("ALTER TABLE t ADD b text DEFAULT 'new'")
      #expect(try await client.query("SELECT * FROM t").first?["b"] == "new")
      _ = try await client.query("ALTER TABLE t ADD c int")
      // In a transaction the failure ends it, so the body is run again.
      let columns = try await client.transaction { try await $0.query("SELECT * FROM t").columns }
      #expect(columns == ["a", "b", "c"])
      _ = try await client.query("ALTER TABLE t ADD d int")
      let results = try await client.pipeline([
        PostgresStatement("INSERT INTO t VALUES (2)"), PostgresStatement("SELECT * FROM t"),
      ])
      #expect(results[1].columns.count == 4 && results[1].count == 2)
    }
  }

  @Test("A statement that was deallocated is prepared again", arguments: ["DEALLOCATE ALL", "DISCARD ALL"])
  func deallocated(command: String) async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      #expect(try await client.query("SELECT 1")[0][0] == 1)
      _ = try await client.query(command)
      #expect(try await client.query("SELECT 1")[0][0] == 1)
      // Hidden from the layer.
      _ = try await client.withConnection {
        try await $0.execute(script: "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$")
      }
      #expect(try await client.query("SELECT 1")[0][0] == 1)
      let both = try await client.pipeline([
        PostgresStatement("DEALLOCATE ALL"), PostgresStatement("SELECT 1"),
      ])
      #expect(try both[1][0][0] == 1)
    }
  }

  @Test("Without prepared statements, none are made")
  func unprepared() async throws {
    try await TestDatabase.withClient({ $0.preparesStatements = false }) { client in
      try await client.withConnection { connection in
        #expect(try await connection.query("SELECT $1 || $2", ["a", "b"])[0][0] == "ab")
        let results = try await connection.pipeline(
          (0..<10).map { PostgresStatement("SELECT $1", [.int($0)]) })
        #expect(try results.map { try $0[0][0] as Int } == Array(0..<10))
        #expect(try await Self.prepared(connection) == 0)
      }
    }
  }

  @Test("A pipeline runs its statements in order and as one transaction")
  func pipeline() async throws {
    try await TestDatabase.withClient { client in
      let create = PostgresStatement("CREATE TABLE t (a int PRIMARY KEY)")
      let inserts = (0..<100).map { PostgresStatement("INSERT INTO t VALUES ($1)", [.int($0)]) }
      let results = try await client.pipeline(
        [create] + inserts + [PostgresStatement("SELECT count(*) FROM t")])
      #expect(results.count == 102)
      #expect(try results[101][0][0] == 100)
      let more = [
        PostgresStatement("INSERT INTO t VALUES (100)"), PostgresStatement("INSERT INTO t VALUES (1)"),
      ]
      let error = try await failure {
        try await client.pipeline(more + [PostgresStatement("INSERT INTO t VALUES (101)")])
      }
      #expect(error.sqlState == "23505")
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 100)
    }
  }

  @Test("A constraint that is checked at the end fails the pipeline that ends")
  func deferredConstraint() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
      let insert = PostgresStatement("INSERT INTO t VALUES (1)")
      for _ in 0..<3 {
        let error = try await failure { try await client.pipeline([insert, insert]) }
        #expect(error.sqlState == "23505")
      }
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 0)
      let error = try await failure {
        try await client.transaction { try await $0.pipeline([insert, insert]) }
      }
      #expect(error.sqlState == "23505")
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 0)
      #expect(client.statistics.open == 1)
    }
  }

  @Test("Large pipelines with large answers do not block each other")
  func largePipeline() async throws {
    try await TestDatabase.withClient { client in
      let text = String(repeating: "x", count: 100_000)
      let results = try await client.pipeline(
        (0..<100).map { _ in PostgresStatement("SELECT $1", [.text(text)]) })
      #expect(try results.allSatisfy { try ($0[0][0] as String).utf8.count == text.utf8.count })
    }
  }

  @Test("A hundred thousand rows and a value of 16 MB arrive whole")
  func large() async throws {
    try await TestDatabase.withClient { client in
      let rows = try await client.query("SELECT x, repeat('y', 20) AS y FROM generate_series(1, 100000) AS x")
      #expect(rows.count == 100_000)
      #expect(try rows.reduce(0) { try $0 + ($1["x"] as Int) } == 5_000_050_000)
      #expect(try rows.last?["y"] == String(repeating: "y", count: 20))
      let bytes = Data(repeating: 0xa5, count: 16 << 20)
      let row = try await client.query("SELECT length($1) AS length, $1 AS bytes", [.bytes(bytes)])[0]
      #expect(try row["length"] == bytes.count)
      #expect(try row["bytes"] == bytes)
    }
  }

  @Test("65,535 parameters are sent")
  func manyParameters() async throws {
    try await TestDatabase.withClient { client in
      let list = (1...65_535).map { "$\($0)" }.joined(separator: ",")
      let values = [PostgresValue](repeating: 1, count: 65_535)
      let result = try await client.query("SELECT 1 = ALL (ARRAY[\(list)])", values)
      #expect(try result[0][0] == true)
    }
  }
}
