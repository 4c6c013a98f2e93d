import Foundation
import GRDB
import Graph
import Testing

@testable import Storage

@Suite("A database from before rows had owners")
struct SQLiteOwnerMigrationTests {
  private static let document = makeDocument(
    headings: ["Small"], texts: ["A rill flows.", "An otter swims."])
  private static let session = makeSession()
  private static let runs = (1...3).map { RunFixture(at: Double($0)) }

  /// Two runs are going on in one session, which no version allowed; the third has ended.
  private static func writeConversations(_ db: Database) throws {
    try session.insertWithoutOwner(db)
    for (index, run) in runs.enumerated() {
      let message = makeAnswer(
        to: makeQuestion(in: session), status: index < 2 ? .running : .done, run: run.id)
      try message.insertWithoutOwner(db)
      try db.execute(
        sql: "INSERT INTO runs VALUES (NULL, ?, ?, ?, 'f', ?, ?, 2, 1, 0, ?, ?)",
        arguments: [
          StoredValues.text(run.id), StoredValues.text(session.id), StoredValues.text(message.id),
          run.run.threadID, message.status.rawValue, StoredValues.milliseconds(run.run.createdAt),
          index < 2 ? nil : StoredValues.milliseconds(time(9)),
        ])
      try db.execute(
        sql: "INSERT INTO run_events VALUES (?, 2, 1, 1, ?)",
        arguments: [index + 1, Data([7, UInt8(index)])])
      try db.execute(
        sql: "INSERT INTO checkpoints VALUES (?, 4, 'chat', 3, ?, '[]', '[]', 0, NULL)",
        arguments: [run.run.threadID, Data("{}".utf8)])
    }
    try db.execute(sql: "INSERT INTO settings VALUES ('key', 'value')")
  }

  private static func writeKnowledge(_ db: Database) throws {
    let columns = "id, title, source, media_type, content_hash, byte_count, chunk_count, created_at"
    let row = document.document
    // One with a higher number has been deleted.
    for sequence in [5, 9] {
      try db.execute(
        sql: "INSERT INTO documents (sequence, \(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, 2, ?)",
        arguments: [
          sequence, StoredValues.text(sequence == 5 ? row.id : UUID()), row.title, "\(sequence)",
          row.mediaType, "hash \(sequence)", row.byteCount, StoredValues.milliseconds(row.createdAt),
        ])
    }
    try db.execute(sql: "DELETE FROM documents WHERE sequence = 9")
    try db.execute(
      sql: "INSERT INTO document_texts VALUES (5, ?)", arguments: [TextStructureCodec.encode(document.text)])
    try db.execute(
      sql: "INSERT INTO document_text_parts VALUES (5, 0, ?)", arguments: [Data(document.text.text.utf8)])
    try db.execute(sql: "INSERT INTO embedding_models (id, dimension, is_serving) VALUES ('test/1', 8, 1)")
    for chunk in document.chunks {
      try db.execute(
        sql: "INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, '[\"Small\"]', ?, ?, ?, NULL)",
        arguments: [
          StoredValues.text(chunk.id), StoredValues.text(row.id), chunk.ordinal, row.title, chunk.text,
          chunk.byteRange.lowerBound, chunk.byteRange.upperBound,
        ])
    }
    try db.execute(
      sql: "INSERT INTO chunk_vectors VALUES (3, 1, 1, 5, ?)",
      arguments: [axis(0).withUnsafeBufferPointer(VectorBytes.fingerprint)])
    try db.execute(
      sql: "INSERT INTO chunk_vector_values VALUES (3, ?)", arguments: [VectorBytes.data(axis(0))])
    try db.execute(
      sql: """
        INSERT INTO ingestion_jobs VALUES (NULL, ?, 's', NULL, 'h', 7, 'queued', NULL, NULL, 0, 5, 6)
        """,
      arguments: [StoredValues.text(UUID())])
  }

  private func withMigrated(_ body: (SQLiteDatabase) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let pool = try DatabasePool(path: folder.appendingPathComponent(SQLiteDatabase.fileName).path)
      try SQLiteSchema.migrator.migrate(pool, upTo: "3 knowledge")
      try await pool.write { db in
        try Self.writeConversations(db)
        try Self.writeKnowledge(db)
      }
      try pool.close()
      let database = try await SQLiteDatabase.open(folder: folder)
      try await body(database)
      try database.close()
    }
  }

  @Test("belongs to everyone, and to nobody else")
  func owners() async throws {
    try await withMigrated { database async throws in
      let (mine, others) = (database.everyone, database.stores(of: Owner(id: "other")))
      #expect(try await mine.conversations.sessions(limit: 9, cursor: nil).sessions == [Self.session])
      #expect(try await mine.conversations.messages(sessionID: Self.session.id).count == 3)
      #expect(try await mine.settings.setting("key") == "value")
      #expect(try await mine.knowledge.text(documentID: Self.document.document.id) == Self.document.text)
      #expect(try await mine.ingestion.jobs(limit: 9).map(\.source) == ["s"])
      #expect(try await others.conversations.sessions(limit: 9, cursor: nil).sessions.isEmpty)
      #expect(try await others.settings.setting("key") == nil)
      #expect(try await others.knowledge.documents().isEmpty)
      #expect(try await others.knowledge.search("otter", limit: 9).isEmpty)
      #expect(try await others.embeddings.embeddingModels().isEmpty)
    }
  }

  @Test("keeps its runs with their events and checkpoints, one of which goes on in a session")
  func runs() async throws {
    try await withMigrated { database async throws in
      let statuses = try await Self.runs.asyncMap { try await database.runs.run(id: $0.id)?.status }
      #expect(statuses == [.interrupted, .running, .done])
      for (index, run) in Self.runs.enumerated() {
        let log = try await database.runs.log(runID: run.id, after: 0, limit: 9)
        #expect(log.map(\.payload) == [Data([7, UInt8(index)])])
        #expect(try await database.checkpointer.latest(threadID: run.run.threadID)?.id == 4)
      }
      #expect(try await database.conversations.deleteSession(id: Self.session.id))
      for table in ["messages", "runs", "run_events", "checkpoints"] {
        #expect(try await database.rowCount(table) == 0, "\(table)")
      }
    }
  }

  @Test("keeps the numbers, words and vectors of its documents, and makes new ones of what comes")
  func knowledge() async throws {
    try await withMigrated { database async throws in
      let chunks = Self.document.chunks
      #expect(try await database.knowledge.search("otter", limit: 9).map(\.chunk) == [chunks[1]])
      #expect(try await database.embeddings.nearest(axis(0)).map(\.chunk) == [chunks[0]])
      #expect(
        try await database.embeddings.chunksToEmbed(model: model.id, limit: 9).map(\.chunk) == [chunks[1]])
      _ = try await database.knowledge.save(makeDocument(source: "new", hash: "new", at: 1))
      let numbers = try await database.read {
        try Int.fetchAll($0, sql: "SELECT sequence FROM documents ORDER BY sequence")
      }
      #expect(numbers == [5, 10])
      #expect(try await database.embeddings.chunksToEmbed(model: model.id, limit: 9).count == 2)
      _ = try await database.knowledge.deleteDocument(id: Self.document.document.id)
      #expect(try await database.rowCount("chunk_vector_values") == 0)
      #expect(try await database.rowCount("document_text_parts") == 1)
      try await database.write {
        try $0.execute(sql: "INSERT INTO chunks_fts (chunks_fts, rank) VALUES ('integrity-check', 1)")
        try $0.checkForeignKeys()
      }
    }
  }

  @Test("gets the same tables as a new one")
  func schema() async throws {
    try await withMigrated { old async throws in
      let schema = try await old.schema
      try await withDatabase { new in
        let newSchema = try await new.schema
        #expect(newSchema == schema)
      }
    }
  }
}

extension SQLiteDatabase {
  func rowCount(_ table: String) async throws -> Int? {
    try await read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
  }

  fileprivate var schema: [String] {
    get async throws {
      try await read {
        try String.fetchAll($0, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
      }
    }
  }
}

extension Sequence {
  fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await body(element)) }
    return values
  }
}
