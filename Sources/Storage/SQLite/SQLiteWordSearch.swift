import Foundation
import GRDB
import Graph

/// A search of the full-text index.
struct SQLiteWordSearch {
  /// See ``FullTextQuery/match``.
  let match: String
  let filter: SQLiteSearchFilter

  /// What a word counts in the title, in the headings and in the text.
  static let weights = "2.0, 1.5, 1.0"

  func run(limit: Int, _ db: Database) throws -> [Passage] {
    try SQLitePassageReader(db: db, filter: filter).passages(hits(limit: limit, db))
  }

  /// The chunks that were found, best first.
  func hits(limit: Int, _ db: Database) throws -> [ChunkHit] {
    // The best ones come as one value, in the first row; see `rill_best_rows`.
    let statement = try db.cachedStatement(
      sql: """
        SELECT rill_best_rows(chunks_fts, 'chunks_fts', ?, ?, \(Self.weights))
        FROM chunks_fts WHERE chunks_fts MATCH ? LIMIT 1
        """)
    let best = try Data.fetchOne(statement, arguments: [limit, searchable(db), match])
    return best.map(Self.hits) ?? []
  }

  /// A row number and a score, 64 bits each.
  private static func hits(_ best: Data) -> [ChunkHit] {
    let size = MemoryLayout<Int64>.size + MemoryLayout<Double>.size
    return best.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count - size + 1, by: size).map { start in
        ChunkHit(
          chunk: bytes.loadUnaligned(fromByteOffset: start, as: Int64.self),
          score: bytes.loadUnaligned(fromByteOffset: start + MemoryLayout<Int64>.size, as: Double.self))
      }
    }
  }

  /// The numbers of the chunks that may be found, 64 bits each, the smallest first; `nil` when all may be.
  private func searchable(_ db: Database) throws -> Data? {
    // One owner is the rule: then there is nothing to leave out, and no list of what may be found to be made.
    let filter = try ownsEverything(db) ? filter : filter.withCondition
    guard let condition = filter.condition else { return nil }
    let sequences = try Int64.fetchAll(
      db,
      sql:
        "SELECT chunks.sequence FROM documents JOIN chunks ON chunks.document_id = documents.id WHERE \(condition)",
      arguments: filter.arguments)
    return sequences.sorted().withUnsafeBytes { Data($0) }
  }

  /// Two look-ups in an index, however many documents there are.
  private func ownsEverything(_ db: Database) throws -> Bool {
    let others = try db.cachedStatement(
      sql: """
        SELECT EXISTS (SELECT 1 FROM documents WHERE owner < ?1)
          OR EXISTS (SELECT 1 FROM documents WHERE owner > ?1)
        """)
    return try Bool.fetchOne(others, arguments: [filter.owner.id]) == false
  }
}
