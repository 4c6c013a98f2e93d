import Testing

@testable import Postgres

@Suite(.enabled(if: TestDatabase.isGiven))
struct ActorTests {
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
}
