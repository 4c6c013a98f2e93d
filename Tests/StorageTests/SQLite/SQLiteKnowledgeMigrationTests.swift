import Foundation
import GRDB
import Graph
import Testing

@testable import Storage

@Suite("A database from before texts and vectors were stored")
struct SQLiteKnowledgeMigrationTests {
  private func withMigrated(_ body: (DocumentFixture, SQLiteDatabase) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let fixture = makeDocument(headings: ["Small"], texts: ["A rill flows.", "An otter swims."])
      let pool = try DatabasePool(path: folder.appendingPathComponent(SQLiteDatabase.fileName).path)
      try SQLiteSchema.migrator.migrate(pool, upTo: "2 runs")
      try await pool.write { db in
        #expect(try !db.tableExists("chunk_vectors"))
        let document = fixture.document
        try db.execute(
          sql: "INSERT INTO documents VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            StoredValues.text(document.id), document.title, document.source, document.mediaType,
            document.contentHash, document.byteCount, 2, StoredValues.milliseconds(document.createdAt),
          ])
        for chunk in fixture.chunks {
          try db.execute(
            sql: "INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
              StoredValues.text(chunk.id), StoredValues.text(document.id), chunk.ordinal, document.title,
              #"["Small"]"#, chunk.text, chunk.byteRange.lowerBound, chunk.byteRange.upperBound,
            ])
        }
      }
      try pool.close()
      let database = try await SQLiteDatabase.open(folder: folder)
      try await body(fixture, database)
      try database.close()
    }
  }

  @Test("keeps its documents, which are found as before and have no text")
  func documents() async throws {
    try await withMigrated { fixture, database async throws in
      #expect(try await database.knowledge.documents() == [fixture.document])
      #expect(try await database.knowledge.search("swimming", limit: 9).map(\.chunk) == [fixture.chunks[1]])
      #expect(try await database.knowledge.text(documentID: fixture.document.id) == nil)
    }
  }

  @Test("lets its chunks get vectors, and its documents be replaced and deleted")
  func goingOn() async throws {
    try await withMigrated { fixture, database async throws in
      let stores = database.knowledgeStores
      try await stores.embeddings.add(model)
      #expect(
        try await stores.embeddings.chunksToEmbed(model: model.id, limit: 9).map(\.chunk) == fixture.chunks)
      try await stores.embeddings.save([axis(0), axis(1)], for: fixture.chunks)
      let new = fixture.replaced(hash: "new", keeping: [1], adding: ["A heron waits."])
      #expect(try await stores.knowledge.save(new) == .replaced)
      #expect(try await stores.embeddings.nearest(axis(1)).map(\.chunk) == [new.chunks[0]])
      #expect(try await stores.knowledge.text(documentID: new.document.id) == new.text)
      #expect(try await stores.knowledge.search("rill otter heron", limit: 9).count == 2)
      _ = try await stores.knowledge.deleteDocument(id: new.document.id)
      for table in [
        "documents", "document_texts", "document_text_parts", "chunks", "chunk_vectors",
        "chunk_vector_values", "chunk_vector_spans", "embedding_queue",
      ] {
        let count = try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") }
        #expect(count == 0, "\(table)")
      }
      try await database.write {
        try $0.execute(sql: "INSERT INTO chunks_fts (chunks_fts) VALUES ('integrity-check')")
      }
    }
  }
}
