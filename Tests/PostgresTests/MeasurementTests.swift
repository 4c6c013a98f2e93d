import Foundation
import Testing

@testable import Postgres

/// Prints what calls cost, and asserts nothing: `RILL_TEST_POSTGRES_MEASURE=1 swift test --filter MeasurementTests`.
@Suite(
  .enabled(
    if: TestDatabase.isGiven && ProcessInfo.processInfo.environment["RILL_TEST_POSTGRES_MEASURE"] != nil))
struct MeasurementTests {
  private static func measure(_ what: String, times: Int, _ body: () async throws -> Void) async throws {
    var spent: [Duration] = []
    for _ in 0..<times { spent.append(try await ContinuousClock().measure { try await body() }) }
    spent.sort()
    func micros(_ index: Int) -> Int { Int(spent[min(index, times - 1)] / .microseconds(1)) }
    print("\(what): p50 \(micros(times / 2)) µs, p99 \(micros(times * 99 / 100)) µs")
  }

  @Test("What calls cost")
  func costs() async throws {
    try await TestDatabase.withClient { client in
      _ = try await client.query("CREATE TABLE t (id int8, text text)")
      try await Self.measure("SELECT 1", times: 3000) { _ = try await client.query("SELECT 1") }
      let inserts = (0..<100).map {
        PostgresStatement("INSERT INTO t VALUES ($1, $2)", [.int($0), "some text"])
      }
      try await Self.measure("100 INSERTs in a pipeline", times: 200) {
        _ = try await client.pipeline(inserts)
      }
      try await Self.measure("a transaction with one INSERT", times: 1000) {
        try await client.transaction { _ = try await $0.query("INSERT INTO t VALUES (1, 'x')") }
      }
      try await Self.measure("100,000 rows", times: 5) {
        _ = try await client.query("SELECT x, 'some text' FROM generate_series(1, 100000) AS x")
      }
      try await client.withConnection { connection in
        let rows = (0..<100_000).map { [.int(Int64($0)), "some text"] as [PostgresValue] }
        try await Self.measure("COPY in, 100,000 rows", times: 5) {
          try await connection.copyIn(
            "COPY t FROM STDIN (FORMAT binary)", columns: [.int8, .text], rows: rows)
        }
        try await Self.measure("COPY out, 100,000 rows", times: 5) {
          try await connection.copyOut(
            "COPY (SELECT * FROM t LIMIT 100000) TO STDOUT (FORMAT binary)", columns: [.int8, .text]
          ) { _ = try $0[0] as Int }
        }
      }
      try await Self.measure("cancelling a query", times: 100) {
        let query = Task { try await client.query("SELECT pg_sleep(60)") }
        try await Task.sleep(for: .milliseconds(2))
        query.cancel()
        _ = try? await query.value
      }
      let start = ContinuousClock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<20 {
          group.addTask { for _ in 0..<500 { _ = try await client.query("SELECT 1") } }
        }
        try await group.waitForAll()
      }
      let seconds = ContinuousClock.now.duration(to: start) / .seconds(-1)
      print("20 tasks, 10 connections: \(Int(10_000 / seconds)) queries/s")
    }
  }
}
