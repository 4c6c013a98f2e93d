import Foundation
import Graph
import Logging
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Storage

@Suite("The PostgreSQL database", .enabled(if: TestPostgres.isGiven))
struct PostgresDatabaseTests {
  @Test("is made by one of ten processes that start at once, and used by all")
  func concurrentOpening() async throws {
    try await withPostgres { fixture in
      let databases = try await withThrowingTaskGroup(of: PostgresDatabase.self) { group in
        for _ in 0..<10 { group.addTask { try await fixture.open(connections: 2) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(
        try await databases[0].count("SELECT count(*) FROM rill_migrations") == PostgresSchema.steps.count)
      for (index, database) in databases.enumerated() {
        try await database.mine.settings.setSetting("\(index)", to: "here")
      }
      #expect(try await databases[9].mine.settings.setting("0") == "here")
      for database in databases { await database.close() }
    }
  }

  @Test("keeps everything across restarts")
  func restart() async throws {
    try await withPostgres { fixture in
      let first = try await fixture.open()
      let run = try await first.runStores.beginRun()
      try await first.runStores.apply(.append(run.batch(1...3)), .append(run.batch(4...9, tokens: 6)))
      await first.close()
      let second = try await fixture.open()
      #expect(try await second.mine.runs.run(id: run.id)?.tokenCount == 6)
      #expect(try await second.mine.conversations.messages(sessionID: run.session.id).count == 2)
      await second.close()
    }
  }

  @Test("is not touched when a newer Rill made it")
  func newerSchema() async throws {
    try await withPostgres { fixture in
      let database = try await fixture.open()
      try await database.execute(
        "INSERT INTO rill_migrations (number, name) VALUES ($1, 'the future')",
        [.int(Int64(PostgresSchema.steps.count + 1))])
      await expectStoreError(.newerSchema) { _ = try await fixture.open() }
      await database.close()
    }
  }

  @Test("takes only the steps that it has not taken, and none of one that fails")
  func steps() async throws {
    try await withPostgresDatabase { database async throws in
      let steps =
        PostgresSchema.steps + [
          PostgresSchema.Step("good", "CREATE TABLE good (id bigint)"),
          PostgresSchema.Step("bad", "CREATE TABLE half (id bigint); SELECT 1 / 0"),
        ]
      await #expect(throws: PostgresError.self) {
        try await PostgresSchema.migrate(database.client, steps: steps)
      }
      let good = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = "
      #expect(try await database.count(good + "'good'") == 1)
      #expect(try await database.count(good + "'half'") == 0)
      #expect(
        try await database.count("SELECT max(number) FROM rill_migrations") == PostgresSchema.steps.count + 1)
    }
  }

  @Test("says that the server cannot be reached, and gives no password away")
  func unreachable() async throws {
    let error = await #expect(throws: StoreError.self) {
      let configuration = try PostgresConfiguration(url: "postgres://rill:geheim@127.0.0.1:1/rill")
      _ = try await PostgresDatabase.open(
        configuration, nodeID: UUID(), logger: Logger(label: "test"),
        retry: PostgresRetry(patience: .milliseconds(50)))
    }
    #expect(error?.code == .unavailable)
    #expect(!"\(String(describing: error))".contains("geheim"))
    await expectStoreError(.unavailable) {
      _ = try await PostgresDatabase.open(url: "postgres://[", nodeID: UUID(), logger: Logger(label: "test"))
    }
  }

  @Test("says that its schema does not exist")
  func missingSchema() async throws {
    try await withPostgres { fixture in
      let url = fixture.url.replacing(/search_path%3D\w+%2Cpublic/, with: "search_path%3Drill_test_nowhere")
      await expectStoreError(.unavailable, saying: "schema") {
        _ = try await PostgresFixture(url: url).open()
      }
    }
  }

  @Test("says that it can only be read")
  func readOnly() async throws {
    try await withPostgres { fixture in
      await (try await fixture.open()).close()
      let url = fixture.url.replacing("options=", with: "options=-cdefault_transaction_read_only%3Don%20")
      let database = try await PostgresFixture(url: url).open()
      await expectStoreError(.unavailable, saying: "read") { try await database.checkAvailability() }
      await expectStoreError(.unavailable) { try await database.mine.settings.setSetting("key", to: "value") }
      #expect(try await database.mine.settings.setting("key") == nil)
      await database.close()
    }
  }

  @Test("is available until it is closed")
  func availability() async throws {
    try await withPostgres { fixture in
      let database = try await fixture.open()
      try await database.checkAvailability()
      await database.close()
      await expectStoreError(.unavailable) { try await database.checkAvailability() }
      await expectStoreError(.unavailable) {
        _ = try await database.mine.runs.apply([.append(RunFixture().batch(1...1))])
      }
      await expectStoreError(.unavailable) { _ = try await database.mine.runs.runningRuns(limit: 1) }
    }
  }

  @Test("keeps, replaces and removes settings")
  func settings() async throws {
    try await withPostgresDatabase { database in
      let store = database.mine.settings
      try await store.setSetting("key", to: "one")
      try await store.setSetting("key", to: "two 'quoted'")
      #expect(try await store.setting("key") == "two 'quoted'")
      #expect(try await store.setting("other") == nil)
      try await store.setSetting("key", to: nil)
      #expect(try await store.setting("key") == nil)
    }
  }
}
