import Foundation
import GRDB
import Graph
import Testing

@testable import Storage

@Suite("Vectors in SQLite")
struct SQLiteEmbeddingStoreTests {
  @Test("are seen by a search at once when another process stores, replaces or deletes them")
  func twoConnections() async throws {
    try await withTemporaryFolder { folder in
      let reader = try await SQLiteDatabase.open(folder: folder)
      let writer = try await SQLiteDatabase.open(folder: folder)
      try await reader.embeddings.add(model)
      #expect(try await reader.embeddings.nearest(axis(0)).isEmpty)
      let fixture = makeDocument(texts: (0..<8).map { "\($0)" })
      _ = try await writer.knowledge.save(fixture)
      for index in 0..<8 {
        try await writer.embeddings.save([axis(index)], for: [fixture.chunks[index]])
        let found = try await reader.embeddings.nearest(axis(index))
        #expect(found.count == index + 1)
        #expect(found.first?.chunk.text == "\(index)")
      }
      let new = fixture.replaced(hash: "new", keeping: [7, 3])
      _ = try await writer.knowledge.save(new)
      #expect(try await reader.embeddings.nearest(axis(3)).map(\.chunk) == [new.chunks[1], new.chunks[0]])
      try await writer.embeddings.add(EmbedderDescriptor(id: "b", dimension: 2))
      try await writer.embeddings.serve(model: "b")
      await expectStoreError(.notFound) { _ = try await reader.embeddings.nearest(axis(0)) }
      try reader.close()
      try writer.close()
    }
  }

  @Test("are whole for every search while documents are replaced")
  func atomicReplacement() async throws {
    try await withDatabase { database in
      try await database.embeddings.add(model)
      let first = makeDocument(hash: "0", texts: ["word 0 a", "word 0 b", "word 0 c"])
      _ = try await database.knowledge.save(first)
      try await withThrowingTaskGroup(of: Void.self) { group in
        let id = first.document.id
        group.addTask {
          var fixture = first
          for round in 1...60 {
            fixture = fixture.replaced(
              hash: "\(round)", adding: (0..<3).map { "word \(round) \($0)" })
            _ = try await database.knowledge.save(fixture)
            try await database.embeddings.save([axis(0), axis(1), axis(2)], for: fixture.chunks)
          }
        }
        for _ in 0..<3 {
          group.addTask {
            for _ in 0..<80 {
              let byWords = try await database.knowledge.search("word", limit: 9)
              #expect(byWords.count == 3)
              #expect(Set(byWords.map { $0.chunk.text.split(separator: " ")[1] }).count == 1)
              let byMeaning = try await database.embeddings.nearest(axis(0))
              #expect([0, 3].contains(byMeaning.count))
              #expect(Set(byMeaning.map { $0.chunk.text.split(separator: " ")[1] }).count <= 1)
              #expect(try await database.knowledge.chunks(documentID: id).map(\.ordinal) == [0, 1, 2])
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("of a model that was replaced are deleted by the next process when the first one was ended")
  func interruptedDeletion() async throws {
    try await withDatabase { database in
      let fixture = makeDocument()
      _ = try await database.knowledge.save(fixture)
      try await database.embeddings.add(model)
      try await database.embeddings.save([axis(0)], for: fixture.chunks)
      try await database.embeddings.add(EmbedderDescriptor(id: "b", dimension: 2))
      try await database.write { db in
        try db.execute(sql: "UPDATE embedding_models SET id = 'retired/1', is_retired = 1 WHERE sequence = 1")
      }
      #expect(try await database.embeddings.embeddingModels().map(\.descriptor.id) == ["b"])
      try await database.embeddings.serve(model: "b")
      let rows = try await database.read {
        try Int.fetchOne($0, sql: "SELECT count(*) FROM chunk_vectors") ?? -1
      }
      #expect(rows == 0)
    }
  }
}
