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
  init(row: Row) throws {
    let start: Int = row["byte_start"]
    let end: Int = row["byte_end"]
    guard start <= end else { throw StoredValues.unreadable("chunk") }
    self.init(
      id: try StoredValues.id(row["id"]), documentID: try StoredValues.id(row["document_id"]),
      ordinal: row["ordinal"], headings: try StoredValues.value([String].self, json: row["headings"]),
      text: row["text"], byteRange: start..<end, page: row["page"])
  }
}

extension Passage {
  /// From the columns of a chunk, with the document's title, its source and the score.
  init(row: Row) throws {
    self.init(
      chunk: try Chunk(row: row), title: row["document_title"], source: row["source"], score: row["score"])
  }
}
