import Foundation
import Graph
import Logging
import Postgres
import Storage
import TestSupport

/// A database of a test's own: SQLite in memory, or, with `RILL_TEST_STORE=postgres`, a schema of PostgreSQL.
struct TestDatabase: Sendable {
  let database: any RillDatabase
  let stores: Stores

  init(_ database: any RillDatabase) {
    self.database = database
    stores = database.stores(of: .everyone)
  }

  static let isPostgres = ProcessInfo.processInfo.environment["RILL_TEST_STORE"] == "postgres"

  static func fresh() async throws -> TestDatabase {
    guard isPostgres else { return TestDatabase(try SQLiteDatabase.inMemory()) }
    return try await postgres(url: TestPostgres.makeSchema())
  }

  /// SQLite in a folder: for what is about its files.
  static func sqlite(in folder: URL) async throws -> TestDatabase {
    TestDatabase(try await SQLiteDatabase.open(folder: folder))
  }

  /// One node's view of PostgreSQL.
  static func postgres(url: String, node: UUID = UUID()) async throws -> TestDatabase {
    var configuration = try PostgresConfiguration(url: url)
    // Many tests run at once, and a server has a limited number of connections.
    configuration.poolSize = 3
    return TestDatabase(
      try await PostgresDatabase.open(
        configuration, nodeID: node, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
  }

  var conversations: any ConversationStore { stores.conversations }
  var runs: any RunStore { stores.runs }
  var checkpointer: any Checkpointer { stores.checkpointer }
  var knowledge: any KnowledgeStore { stores.knowledge }
  var ingestion: any IngestionStore { stores.ingestion }
  var embeddings: any EmbeddingStore { stores.embeddings }
  var settings: any SettingStore { stores.settings }
}
