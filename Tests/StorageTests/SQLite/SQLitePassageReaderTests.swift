import Foundation
import GRDB
import Graph
import Testing

@testable import Storage

@Suite("Reading what a search has found")
struct SQLitePassageReaderTests {
  @Test("gives the passages in the order in which they are asked for, and nothing for a number that is gone")
  func order() async throws {
    try await withStores { database, mine, _ in
      let passages = try await read([3, 99, 1, 2], .all, database)
      #expect(passages.map { $0?.chunk } == [mine.chunks[2], nil, mine.chunks[0], mine.chunks[1]])
      #expect(passages.compactMap { $0?.source } == ["rivers.md", "rivers.md", "rivers.md"])
      #expect(try await read([], .all, database).isEmpty)
    }
  }

  @Test("reads a chunk as it is now, and none that its number means since it was found elsewhere")
  func changed() async throws {
    try await withStores { database, mine, theirs in
      // The numbers 4 and 5 are those of another owner.
      #expect(try await read([4, 1, 5], .all, database).map { $0?.chunk } == [nil, mine.chunks[0], nil])
      let elsewhere = SearchFilter(folders: ["elsewhere"])
      #expect(try await read([1, 2], elsewhere, database) == [nil, nil])
      let here = SearchFilter(documents: [mine.document.id, theirs.document.id])
      #expect(try await read([1, 4], here, database).map { $0?.chunk } == [mine.chunks[0], nil])
      var changed = mine
      changed.document.title = "Lakes"
      changed.document.contentHash = "new"
      changed.chunks[0].text = "Other words."
      changed.chunks.removeLast()
      #expect(try await database.knowledge.save(changed) == .replaced)
      let passages = try await read([1, 3], .all, database)
      #expect(passages.map { $0?.chunk.text } == ["Other words.", nil])
      #expect(passages.first??.title == "Lakes")
    }
  }

  private func withStores(
    _ body: (SQLiteDatabase, DocumentFixture, DocumentFixture) async throws -> Void
  ) async throws {
    let database = try SQLiteDatabase.inMemory()
    let mine = makeDocument(texts: ["one", "two", "three"])
    let theirs = makeDocument(hash: "theirs", texts: ["four", "five"])
    _ = try await database.knowledge.save(mine)
    _ = try await database.stores(of: Owner(id: "other")).knowledge.save(theirs)
    try await body(database, mine, theirs)
  }

  private func read(
    _ chunks: [Int64], _ filter: SearchFilter, _ database: SQLiteDatabase
  ) async throws -> [Passage?] {
    let filter = SQLiteSearchFilter(filter, owner: .everyone)
    return try await database.read { try SQLitePassageReader(db: $0, filter: filter).passages(chunks) }
  }
}
