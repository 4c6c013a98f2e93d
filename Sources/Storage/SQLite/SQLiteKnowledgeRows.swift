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
  private let chunk: Statement
  private let document: Statement
  /// The passages of a search share documents.
  private var documents: [UUID: (title: String, source: String)] = [:]

  init(_ db: Database) throws {
    chunk = try db.cachedStatement(sql: "SELECT \(Chunk.columns) FROM chunks WHERE sequence = ?")
    document = try db.cachedStatement(sql: "SELECT title, source FROM documents WHERE id = ?")
  }

  /// - Returns: `nil` when there is no such chunk.
  mutating func passage(chunk sequence: Int64, score: Double) throws -> Passage? {
    guard let row = try Row.fetchOne(chunk, arguments: [sequence]) else { return nil }
    let chunk = try Chunk(row: row)
    if documents[chunk.documentID] == nil {
      guard
        let row = try Row.fetchOne(document, arguments: [StoredValues.text(chunk.documentID)])
      else { return nil }
      documents[chunk.documentID] = (row[0], row[1])
    }
    return documents[chunk.documentID].map {
      Passage(chunk: chunk, title: $0.title, source: $0.source, score: score)
    }
  }
}
