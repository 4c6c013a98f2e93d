import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct ConcurrencyTests {
  private actor Store {
    private let client: PostgresClient
    private(set) var sum = 0

    init(_ client: PostgresClient) {
      self.client = client
    }

    func work() async throws {
      try await client.transaction { connection in
        sum += try await connection.query("SELECT 1")[0][0]
        try await connection.copyOut("COPY (SELECT 2::int8) TO STDOUT (FORMAT binary)", columns: [.int8]) {
          row in
          sum += try row[0]
        }
      }
      try await client.withConnection { _ in sum += 4 }
    }
  }

  @Test("The bodies of calls belong to the actor that makes them")
  func isolation() async throws {
    try await TestDatabase.withClient { client in
      let store = Store(client)
      try await store.work()
      #expect(await store.sum == 7)
    }
  }

  @Test("Queries that take their time hold no thread: many more of them run than there are threads for tasks")
  func manyAtOnce() async throws {
    let name = "rill-\(UInt64.random(in: 0...UInt64.max))"
    try await TestDatabase.withClient({
      $0.poolSize = 40
      $0.applicationName = name
    }) { client in
      let other = PostgresClient(try TestDatabase.configuration(), logger: TestDatabase.logger)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<40 {
          group.addTask { _ = try await client.query("SELECT pg_sleep(60)") }
        }
        try await TestDatabase.wait(
          other,
          until:
            "(SELECT count(*) = 40 FROM pg_stat_activity WHERE application_name = $1 AND wait_event = 'PgSleep')",
          [.text(name)])
        group.cancelAll()
        while let result = await group.nextResult() {
          #expect(throws: CancellationError.self) { try result.get() }
        }
      }
      #expect(client.statistics.idle == 40)
      await other.close()
    }
  }
}
