import Foundation
import GRDB
import Graph

extension Document {
  init(row: Row) throws {
    self.init(
      id: try StoredValues.id(row["id"]), title: row["title"], source: row["source"],
      mediaType: row["media_type"], contentHash: row["content_hash"], byteCount: row["byte_count"],
      chunkCount: row["chunk_count"], pageCount: row["page_count"],
      createdAt: StoredValues.date(milliseconds: row["created_at"]))
  }
}

extension Chunk {
  /// The columns that ``init(row:)`` reads, by their places: a search reads hundreds of rows.
  static let columns = """
    chunks.id, chunks.document_id, chunks.ordinal, chunks.headings, chunks.text, chunks.byte_start, \
    chunks.byte_end, chunks.page
    """
  /// How many they are.
  static let columnCount = 8

  init(row: Row) throws {
    let start: Int = row[5]
    let end: Int = row[6]
    guard start <= end else { throw StoredValues.unreadable("chunk") }
    self.init(
      id: try StoredValues.id(row[0]), documentID: try StoredValues.id(row[1]), ordinal: row[2],
      headings: try StoredValues.strings(json: row[3]), text: row[4], byteRange: start..<end, page: row[7])
  }
}

/// Reads the passages that a search has found, by the numbers of their chunks.
struct SQLitePassageReader {
  let db: Database
  let filter: SQLiteSearchFilter

  /// - Parameter chunks: the numbers. One may have been found a moment ago in an older transaction, and mean another chunk
  ///   by now: so the owner and the filter are looked at once more.
  /// - Returns: one for each number, with the score zero; `nil` where there is no such chunk.
  func passages(_ chunks: [Int64]) throws -> [Passage?] {
    guard !chunks.isEmpty else { return [] }
    let statement = try db.cachedStatement(
      sql: """
        SELECT \(Chunk.columns), documents.title, documents.source, wanted.key
        FROM json_each(?) AS wanted
        CROSS JOIN chunks ON chunks.sequence = wanted.value
        CROSS JOIN documents ON documents.id = chunks.document_id
        WHERE +documents.owner = ? \(filter.condition.map { "AND \($0)" } ?? "")
        """)
    let arguments: StatementArguments = [StoredValues.json(numbers: chunks), filter.owner.id]
    let rows = try Row.fetchCursor(statement, arguments: arguments + filter.arguments)
    var passages = [Passage?](repeating: nil, count: chunks.count)
    while let row = try rows.next() {
      let next = Chunk.columnCount
      passages[row[next + 2] as Int] = Passage(
        chunk: try Chunk(row: row), title: row[next], source: row[next + 1], score: 0)
    }
    return passages
  }

  /// The passages that are there, with the scores of the search.
  func passages(_ hits: [ChunkHit]) throws -> [Passage] {
    zip(hits, try passages(hits.map(\.chunk))).compactMap { hit, passage in
      var passage = passage
      passage?.score = hit.score
      return passage
    }
  }
}
