import Foundation
import Graph
import Storage

/// A database of a test's own: SQLite in memory, or, with `RILL_TEST_STORE=postgres`, a schema of PostgreSQL.
struct TestDatabase: Sendable {
  let database: any RillDatabase
  let stores: Stores

  init(_ database: any RillDatabase) {
    self.database = database
    stores = database.stores(of: .everyone)
  }

  static func fresh() async throws -> TestDatabase {
    TestDatabase(try SQLiteDatabase.inMemory())
  }

  /// SQLite in a folder: for what is about its files.
  static func sqlite(in folder: URL) async throws -> TestDatabase {
    TestDatabase(try await SQLiteDatabase.open(folder: folder))
  }

  var conversations: any ConversationStore { stores.conversations }
  var runs: any RunStore { stores.runs }
  var checkpointer: any Checkpointer { stores.checkpointer }
  var knowledge: any KnowledgeStore { stores.knowledge }
  var ingestion: any IngestionStore { stores.ingestion }
  var embeddings: any EmbeddingStore { stores.embeddings }
  var settings: any SettingStore { stores.settings }
}
