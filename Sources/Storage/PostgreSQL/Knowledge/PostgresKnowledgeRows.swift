import Foundation
import Graph
import Postgres

extension Document {
  /// The columns that ``init(row:)`` reads.
  static let postgresColumns = """
    sequence, id, title, source, media_type, content_hash, byte_count, chunk_count, page_count, created_at
    """

  init(row: PostgresRow) throws {
    self.init(
      id: try row["id"], title: try row["title"], source: try row["source"], mediaType: try row["media_type"],
      contentHash: try row["content_hash"], byteCount: try row["byte_count"],
      chunkCount: try row["chunk_count"], pageCount: try row["page_count"],
      createdAt: StoredValues.date(milliseconds: try row["created_at"]))
  }
}

extension Chunk {
  /// The columns that ``init(postgres:)`` reads by their places: a search reads hundreds of rows. `c` are the chunks, `d`
  /// their documents.
  static let postgresColumns = """
    c.id, d.id, c.ordinal, c.headings, c.text, c.byte_start, c.byte_end, c.page
    """
  /// How many they are.
  static let postgresColumnCount = 8

  init(postgres row: PostgresRow) throws {
    let start: Int = try row[5]
    let end: Int = try row[6]
    guard start <= end else { throw StoredValues.unreadable("chunk") }
    self.init(
      id: try row[0], documentID: try row[1], ordinal: try row[2],
      headings: try StoredValues.strings(json: try row[3]), text: try row[4], byteRange: start..<end,
      page: try row[7])
  }
}

extension Passage {
  static let postgresColumns = Chunk.postgresColumns + ", d.title, d.source, found.score"

  init(postgres row: PostgresRow) throws {
    let next = Chunk.postgresColumnCount
    self.init(
      chunk: try Chunk(postgres: row), title: try row[next], source: try row[next + 1],
      score: try row[next + 2])
  }

  /// The end of a statement that has found chunks: `found` has their numbers and scores.
  static let postgresSelection = """
    SELECT \(postgresColumns) FROM found
    JOIN chunks c ON c.sequence = found.chunk JOIN documents d ON d.sequence = c.document
    ORDER BY found.score DESC, found.chunk
    """
}
