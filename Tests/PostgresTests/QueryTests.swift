import Foundation
import Logging
import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct QueryTests {
  @Test("Every kind of value comes back as it went")
  func roundTrip() async throws {
    try await TestDatabase.withClient { client in
      let id = UUID()
      let date = Date(timeIntervalSince1970: 1_700_000_000.123456)
      let bytes = Data([0, 1, 255, 0])
      let row = try #require(
        try await client.query(
          """
          SELECT $1 AS bool, $2 AS int, $3 AS double, $4 AS text, $5 AS bytes, $6 AS uuid, $7 AS date, $8::jsonb AS jsonb,
            $9::json AS json, $10 AS texts, $11 AS ints, $12 AS uuids, $13 AS doubles, $14 AS floats, $15 AS bytes_array
          """,
          [
            true, -42, 0.1, "Grüße 🌊", .bytes(bytes), .uuid(id), .date(date), .json(#"{"a": 1}"#),
            .json(#"{"a":  2}"#),
            .texts(["a", "", "ü"]), .ints([.min, 0, .max]), .uuids([id]), .doubles([.pi, -.infinity]),
            .floats([0.5, -1e-3]),
            .bytesArray([bytes, Data()]),
          ]
        ).first)
      #expect(try row["bool"] == true)
      #expect(try row["int"] == -42)
      #expect(try row["double"] == 0.1)
      #expect(try row["text"] == "Grüße 🌊")
      #expect(try row["bytes"] == bytes)
      #expect(try row["uuid"] == id)
      let back: Date = try row["date"]
      #expect(abs(back.timeIntervalSince(date)) < 0.000_001)
      #expect(try row["jsonb"] == #"{"a": 1}"#)
      #expect(try row["json"] == #"{"a":  2}"#)
      #expect(try row["texts"] == ["a", "", "ü"])
      #expect(try row["ints"] == [Int64.min, 0, .max])
      #expect(try row["uuids"] == [id])
      #expect(try row["doubles"] == [Double.pi, -.infinity])
      #expect(try row["floats"] == [Float(0.5), -1e-3])
      #expect(try row["bytes_array"] == [bytes, Data()])
    }
  }

  @Test("NULLs are read as optionals, and only as optionals")
  func nulls() async throws {
    try await TestDatabase.withClient { client in
      let row = try #require(
        try await client.query(
          "SELECT $1::text AS a, $2 AS b, $3 IS NULL AS c, $4 AS d",
          [nil, PostgresValue(nil as Int?), PostgresValue(nil as UUID?), PostgresValue("x" as String?)]
        ).first)
      #expect(try row["a"] as String? == nil)
      #expect(try row["b"] as Int? == nil)
      #expect(try row["c"] == true)
      #expect(try row["d"] as String? == "x")
      let error = try await failure { try row["a"] as String }
      #expect(error.kind == .decoding)
      #expect(error.message == "the column a is NULL")
    }
  }

  @Test("Numbers are read from every type that holds them")
  func numbers() async throws {
    try await TestDatabase.withClient { client in
      let row = try #require(
        try await client.query(
          """
          SELECT 1::int2, 2::int4, 3::int8, 4::oid, sum(x) AS sum, 5.5::numeric, -123456789.000987::numeric, 1e-9::numeric, 0::numeric, 1.5::float4,
            'NaN'::numeric, 1e30::numeric, -90000000000::numeric
          FROM generate_series(1, 100000::int8) AS x
          """
        ).first)
      #expect(try (0..<4).map { try row[$0] as Int } == [1, 2, 3, 4])
      #expect(try row["sum"] == 5_000_050_000)
      #expect(try row[5] == 5.5)
      #expect(try row[6] == -123456789.000987)
      #expect(try row[7] == 1e-9)
      #expect(try row[8] == 0)
      #expect(try row[9] == Float(1.5))
      #expect(try (row[10] as Double).isNaN)
      #expect(try row[11] == 1e30)
      #expect(try row[12] == -90_000_000_000)
      for index in [5, 10, 11] { #expect(try await failure { try row[index] as Int }.kind == .decoding) }
      #expect(try await failure { try row["sum"] as Int16 }.kind == .decoding)
    }
  }

  @Test("A value of another type is an error that names the column")
  func mismatch() async throws {
    try await TestDatabase.withClient { client in
      let row = try #require(try await client.query("SELECT 1 AS number, 'x' AS word, now() AS time").first)
      #expect(try await failure { try row["word"] as Int }.message.contains("word"))
      #expect(try await failure { try row["number"] as String }.kind == .decoding)
      #expect(try await failure { try row["time"] as String }.kind == .decoding)
      #expect(try await failure { try row["missing"] as Int }.message.contains("missing"))
      #expect(try await failure { try row[3] as Int }.kind == .decoding)
    }
  }

  @Test("Types of users are text, pgvector's vectors are floats")
  func userTypes() async throws {
    try await TestDatabase.withClient { client in
      try await client.withConnection {
        try await $0.execute(script: "CREATE TYPE mood AS ENUM ('sad', 'glad')")
      }
      let row = try #require(
        try await client.query(
          "SELECT $1::text::mood AS mood, $2::vector AS vector, $2::vector::halfvec AS half, ARRAY['sad']::mood[] AS moods",
          ["glad", .floats([1, -2.5, 0.1])]
        ).first)
      #expect(try row["mood"] == "glad")
      #expect(try row["vector"] == [Float(1), -2.5, 0.1])
      let half: [Float] = try row["half"]
      #expect(half[1] == -2.5)
      #expect(abs(half[2] - 0.1) < 0.0001)
      #expect(try row["moods"] == ["sad"])
    }
  }

  @Test("A statement says how many rows it changed")
  func affectedRows() async throws {
    try await TestDatabase.withClient { client in
      _ = try await client.query("CREATE TABLE t (a int)")
      let inserted = try await client.query("INSERT INTO t SELECT generate_series(1, 7) RETURNING a")
      #expect(inserted.affectedRows == 7)
      #expect(try inserted.map { try $0["a"] as Int } == Array(1...7))
      #expect(try await client.query("UPDATE t SET a = 0 WHERE a > $1", [3]).affectedRows == 4)
      #expect(try await client.query("DELETE FROM t").affectedRows == 7)
      #expect(try await client.query("DELETE FROM t").affectedRows == 0)
    }
  }

  @Test("A server's error has its SQLSTATE and what it is about, and the connection goes on")
  func serverErrors() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (a int PRIMARY KEY, b text NOT NULL)")
      _ = try await client.query("INSERT INTO t VALUES (1, 'secret')")
      let duplicate = try await failure { try await client.query("INSERT INTO t VALUES ($1, 'x')", [1]) }
      #expect(duplicate.kind == .server)
      #expect(duplicate.sqlState == "23505")
      #expect(duplicate.constraint == "t_pkey")
      #expect(duplicate.table == "t")
      #expect(duplicate.detail?.contains("(1)") == true)
      #expect(!duplicate.description.contains("(1)"))
      #expect(!duplicate.isRetryable && !duplicate.isConnectionFailure && !duplicate.outcomeIsUnknown)
      let null = try await failure { try await client.query("INSERT INTO t VALUES (2, NULL)") }
      #expect(null.sqlState == "23502" && null.column == "b")
      let syntax = try await failure { try await client.query("SELEC 1") }
      #expect(syntax.sqlState == "42601" && syntax.position == 1)
      #expect(try await client.query("SELECT b FROM t").first?["b"] == "secret")
      #expect(client.statistics == PostgresStatistics(open: 1, idle: 1, waiting: 0))
    }
  }

  @Test("An empty statement is one without rows")
  func empty() async throws {
    try await TestDatabase.withClient { client in
      for nothing in ["", "-- nothing"] {
        let result = try await client.query(nothing)
        #expect(result.isEmpty && result.affectedRows == 0)
      }
      let results = try await client.pipeline([])
      #expect(results.isEmpty)
    }
  }

  @Test("The server's notices go to the log")
  func notices() async throws {
    let (logger, lines) = RecordingLogHandler.logger()
    try await TestDatabase.withClient(logger: logger) { client in
      _ = try await client.query("DROP TABLE IF EXISTS nowhere")
      #expect(
        lines.all.contains { $0.hasPrefix("debug: notice") && $0.contains("nowhere") && $0.contains("00000") }
      )
    }
  }

  @Test("A script runs its statements as one transaction")
  func script() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      try await client.withConnection { connection in
        try await connection.execute(
          script: "CREATE TABLE a (x int); INSERT INTO a VALUES (1); SELECT * FROM a;")
        let error = try await failure {
          try await connection.execute(
            script: "INSERT INTO a VALUES (2); SELECT 1/0; INSERT INTO a VALUES (3)")
        }
        #expect(error.sqlState == "22012")
        #expect(try await connection.query("SELECT count(*) FROM a")[0][0] == 1)
        try await connection.execute(script: "")
      }
    }
  }

  @Test("What cannot be sent is refused before anything is sent")
  func usage() async throws {
    try await TestDatabase.withClient { client in
      for statement in [
        PostgresStatement("SELECT $1", ["a\0b"]), PostgresStatement("SELECT 1\0"),
        PostgresStatement("SELECT $1::json", [.json("\"\0\"")]),
        PostgresStatement("SELECT $1", [.texts(["\0"])]),
      ] {
        let error = try await failure { try await client.query(statement.sql, statement.parameters) }
        #expect(error.kind == .usage(.nulInText))
        #expect(error.message.contains("U+0000"))
      }
      let many = [PostgresValue](repeating: 1, count: 65_536)
      let error = try await failure { try await client.query("SELECT 1", many) }
      #expect(error.kind == .usage(.tooManyParameters))
      #expect(client.statistics.open == 0)
    }
  }
}
