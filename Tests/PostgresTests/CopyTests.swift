import Foundation
import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct CopyTests {
  private static let table = """
    CREATE TABLE items (a bool, b int2, c int4, d int8, e float4, f float8, g text, h bytea, i uuid, j json, k jsonb,
      l timestamptz, m text[], n int8[], o uuid[], p float4[], q float8[], r bytea[], s vector(2), t halfvec(2))
    """
  private static let id = UUID()
  private static let row: [PostgresValue] = [
    true, 2, 3, 4, 0.5, 0.25, "Grüße", .bytes(Data([0, 1])), .uuid(id), .json(#"{"a":  1}"#),
    .json(#"{"a": 1}"#),
    .date(Date(timeIntervalSince1970: 1_000_000_000)), .texts(["x", ""]), .ints([1, -1]), .uuids([id]),
    .floats([1.5]),
    .doubles([2.5]), .bytesArray([Data([7])]), .floats([1, 2]), .floats([0.5, -4]),
  ]

  @Test("Rows of every type are copied in and out")
  func roundTrip() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query(Self.table)
      let nulls = [PostgresValue](repeating: nil, count: Self.row.count)
      let rows = try await client.withConnection { connection in
        let count = try await connection.copyIn(
          "COPY items FROM STDIN (FORMAT binary)", columns: PostgresType.allCases, rows: [Self.row, nulls])
        #expect(count == 2)
        var rows: [PostgresRow] = []
        try await connection.copyOut("COPY items TO STDOUT (FORMAT binary)", columns: PostgresType.allCases) {
          rows.append($0)
        }
        return rows
      }
      #expect(rows.count == 2)
      try check(rows[0])
      try check(try await client.query("SELECT * FROM items WHERE a")[0])
      #expect(try (0..<rows[1].count).allSatisfy { try rows[1][$0] as String? == nil })
    }
  }

  private func check(_ row: PostgresRow) throws {
    #expect(try row[0] == true)
    #expect(try (1...3).map { try row[$0] as Int } == [2, 3, 4])
    #expect(try row[4] == Float(0.5))
    #expect(try row[5] == 0.25)
    #expect(try row[6] == "Grüße")
    #expect(try row[7] == Data([0, 1]))
    #expect(try row[8] == Self.id)
    #expect(try row[9] == #"{"a":  1}"#)
    #expect(try row[10] == #"{"a": 1}"#)
    #expect(try row[11] == Date(timeIntervalSince1970: 1_000_000_000))
    #expect(try row[12] == ["x", ""])
    #expect(try row[13] == [1, -1])
    #expect(try row[14] == [Self.id])
    #expect(try row[15] == [Float(1.5)])
    #expect(try row[16] == [2.5])
    #expect(try row[17] == [Data([7])])
    #expect(try row[18] == [Float(1), 2])
    #expect(try row[19] == [Float(0.5), -4])
  }

  @Test("Many rows pass in both directions, from an asynchronous sequence, in a transaction")
  func many() async throws {
    try await TestDatabase.withClient { client in
      _ = try await client.query("CREATE TABLE t (id int8, text text)")
      let rows = AsyncStream<[PostgresValue]> { continuation in
        for number in 0..<20_000 { continuation.yield([.int(Int64(number)), .text("row \(number)")]) }
        continuation.finish()
      }
      let count = try await client.transaction { connection in
        try await connection.copyIn(
          "COPY t (id, text) FROM STDIN (FORMAT binary)", columns: [.int8, .text], rows: rows)
      }
      #expect(count == 20_000)
      let sum = try await client.withConnection { connection in
        var sum = 0
        let count = try await connection.copyOut("COPY t TO STDOUT (FORMAT binary)", columns: [.int8, .text])
        { row in
          sum += try row[0]
          let text: String = try row[1]
          if text.isEmpty { Issue.record("a row without its text") }
        }
        #expect(count == 20_000)
        return sum
      }
      #expect(sum == 19_999 * 20_000 / 2)
    }
  }

  @Test("Rows that end with an error are not stored, and the connection goes on")
  func failures() async throws {
    struct Empty: Error {}
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (id int4 PRIMARY KEY)")
      try await client.withConnection { connection in
        let copy = "COPY t FROM STDIN (FORMAT binary)"
        let process: Int = try await connection.query("SELECT pg_backend_pid()")[0][0]
        let broken = AsyncThrowingStream<[PostgresValue], any Error> { continuation in
          for number in 0..<50_000 { continuation.yield([.int(Int64(number))]) }
          continuation.finish(throwing: Empty())
        }
        await #expect(throws: Empty.self) {
          try await connection.copyIn(copy, columns: [.int4], rows: broken)
        }
        let duplicate = try await failure {
          try await connection.copyIn(copy, columns: [.int4], rows: [[1], [2], [1]])
        }
        #expect(duplicate.sqlState == "23505" && duplicate.constraint == "t_pkey")
        let large = try await failure {
          try await connection.copyIn(copy, columns: [.int4], rows: [[1], [3_000_000_000]])
        }
        #expect(large.kind == .usage(.typeMismatch))
        let wide = try await failure { try await connection.copyIn(copy, columns: [.int4], rows: [[1, 2]]) }
        #expect(wide.kind == .usage(.typeMismatch))
        let text = try await failure { try await connection.copyIn(copy, columns: [.int4], rows: [["x"]]) }
        #expect(text.kind == .usage(.typeMismatch))
        #expect(try await connection.query("SELECT count(*) FROM t")[0][0] == 0)
        #expect(try await connection.query("SELECT pg_backend_pid()")[0][0] == process)
      }
    }
  }

  @Test("A reader that has had enough cancels the copy on the server")
  func abandoned() async throws {
    struct Enough: Error {}
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      try await client.withConnection { connection in
        let process: Int = try await connection.query("SELECT pg_backend_pid()")[0][0]
        let endless = "COPY (SELECT generate_series(1, 10000000000::int8)) TO STDOUT (FORMAT binary)"
        await #expect(throws: Enough.self) {
          try await connection.copyOut(endless, columns: [.int8]) { row in
            if try row[0] == 100 { throw Enough() }
          }
        }
        #expect(try await connection.query("SELECT pg_backend_pid()")[0][0] == process)
        let failing = try await failure {
          try await connection.copyOut(
            "COPY (SELECT 1 / (500 - x) FROM generate_series(1, 1000) AS x) TO STDOUT (FORMAT binary)",
            columns: [.int4]
          ) { _ in }
        }
        #expect(failing.sqlState == "22012")
        #expect(try await connection.query("SELECT pg_backend_pid()")[0][0] == process)
      }
    }
  }

  @Test("A cancelled copy is cancelled on the server", arguments: [CopyDirection.server, .client])
  func cancelled(direction: CopyDirection) async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (id int8)")
      let hasBegun = OneShot<Void>()
      let copy = Task {
        try await client.withConnection { connection in
          if direction == .server {
            let endless = sequence(first: [PostgresValue.int(1)]) { row in
              hasBegun.give(())
              return row
            }
            _ = try await connection.copyIn(
              "COPY t FROM STDIN (FORMAT binary)", columns: [.int8], rows: endless)
          } else {
            try await connection.copyOut(
              "COPY (SELECT generate_series(1, 10000000000::int8)) TO STDOUT (FORMAT binary)",
              columns: [.int8]
            ) { _ in hasBegun.give(()) }
          }
        }
      }
      await hasBegun.value()
      copy.cancel()
      await #expect(throws: CancellationError.self) { try await copy.value }
      #expect(try await client.query("SELECT count(*) FROM t")[0][0] == 0)
      #expect(client.statistics == PostgresStatistics(open: 1, idle: 1, waiting: 0))
    }
  }

  @Test("A statement that does not copy as it should is refused")
  func refused() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (id int8)")
      try await client.withConnection { connection in
        for sql in [
          "SELECT 1", "COPY t FROM STDIN", "COPY t TO STDOUT (FORMAT binary)", "CREATE TABLE u (a int)",
        ] {
          let error = try await failure { try await connection.copyIn(sql, columns: [.int8], rows: [[1]]) }
          #expect(error.kind == .usage(.copy), "\(sql)")
        }
        for sql in ["SELECT 1", "COPY t TO STDOUT", "COPY t FROM STDIN (FORMAT binary)"] {
          let error = try await failure { try await connection.copyOut(sql, columns: [.int8]) { _ in } }
          #expect(error.kind == .usage(.copy), "\(sql)")
        }
        let columns = try await failure {
          try await connection.copyIn(
            "COPY t FROM STDIN (FORMAT binary)", columns: [.int8, .text], rows: [[1]])
        }
        #expect(columns.kind == .usage(.copy))
        let missing = try await failure {
          try await connection.copyIn(
            "COPY nowhere FROM STDIN (FORMAT binary)", columns: [.int8], rows: [[1]])
        }
        #expect(missing.sqlState == "42P01")
        #expect(try await connection.query("SELECT count(*) FROM t")[0][0] == 0)
      }
    }
  }

  @Test("A query that copies, and a query in the middle of a copy, are refused")
  func mixed() async throws {
    try await TestDatabase.withClient({ $0.poolSize = 1 }) { client in
      _ = try await client.query("CREATE TABLE t (id int8)")
      for sql in ["COPY t FROM STDIN", "COPY t TO STDOUT"] {
        #expect(try await failure { try await client.query(sql) }.kind == .usage(.copy))
        let script = try await failure {
          try await client.withConnection { try await $0.execute(script: sql) }
        }
        #expect(script.kind == .usage(.copy))
      }
      try await client.withConnection { connection in
        let copy = "COPY (SELECT 1::int8) TO STDOUT (FORMAT binary)"
        let count = try await connection.copyOut(copy, columns: [.int8]) { _ in
          let error = try await failure { try await connection.query("SELECT 1") }
          #expect(error.kind == .usage(.connectionInUse))
        }
        #expect(count == 1)
      }
      #expect(try await client.query("SELECT 1")[0][0] == 1)
    }
  }
}
