import Foundation
import GRDB
import Graph
import TestSupport
import Testing

@testable import Storage

/// `rill_bm25` spares the look at the lengths of rows that cannot win; SQLite's own `bm25` looks at all of them.
@Suite("The rank of words")
struct SQLiteRankingTests {
  private struct Found: Equatable, FetchableRecord {
    let row: Int64
    let score: Double

    /// Another compiler may round the last bit differently.
    static func == (first: Found, second: Found) -> Bool {
      first.row == second.row && abs(first.score - second.score) <= 1e-12 * abs(first.score)
    }

    init(row: Row) {
      self.row = row[0]
      score = row[1]
    }
  }

  private static let words = ["otter", "river", "stone", "reed", "heron", "the", "of", "rill"]

  @Test("is that of SQLite for the best rows", arguments: UInt64(1)...12)
  func same(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    try withTable(rowCount: Int(seed) * 60, &random) { db, random in
      for _ in 0..<25 {
        let terms = (0..<Int.random(in: 1...6, using: &random)).map { _ -> String in
          let word = Self.words.randomElement(using: &random) ?? ""
          // Two words in a row, and the beginning of a word, are phrases, too.
          switch Int.random(in: 0..<5, using: &random) {
          case 0: return "\"\(word) \(Self.words.randomElement(using: &random) ?? "")\""
          case 1: return "\(word.prefix(2))*"
          default: return "\"\(word)\""
          }
        }
        let query: String = terms.joined(separator: " OR ")
        for limit in [1, 2, 10, 50, 5_000] {
          let expected = try search("bm25(words, 2.0, 1.5, 1.0)", query, limit, db)
          let found = try search("rill_bm25(words, \(limit), 2.0, 1.5, 1.0)", query, limit, db)
          #expect(found == expected, "\(query)")
        }
        let all = try search("bm25(words)", query, .max, db)
        for limit in ["0", "-1", "9999999999", "NULL", "'x'"] {
          #expect(try search("rill_bm25(words, \(limit))", query, .max, db) == all)
        }
      }
    }
  }

  @Test("finds nothing in an empty table, and says nothing of a row that was not searched for")
  func edges() throws {
    var random = SeededGenerator(seed: 1)
    try withTable(rowCount: 0, &random) { db, _ in
      let found = try search("rill_bm25(words, 10)", "otter", 10, db)
      #expect(found.isEmpty)
      #expect(throws: DatabaseError.self) {
        try Double.fetchOne(db, sql: "SELECT rill_bm25('words', 10)")
      }
    }
  }

  private func search(_ rank: String, _ query: String, _ limit: Int, _ db: Database) throws -> [Found] {
    try Found.fetchAll(
      db,
      sql:
        "SELECT rowid, -\(rank) AS score FROM words WHERE words MATCH ? ORDER BY score DESC, rowid LIMIT ?",
      arguments: [query, limit])
  }

  /// Words at random, the first ones far more often than the last, in rows of very different lengths.
  private func withTable(
    rowCount: Int, _ random: inout SeededGenerator, _ body: (Database, inout SeededGenerator) throws -> Void
  ) throws {
    let queue = try DatabaseQueue(configuration: SQLiteDatabase.configuration)
    try queue.inDatabase { db in
      try db.execute(
        sql: "CREATE VIRTUAL TABLE words USING fts5 (title, headings, text, tokenize = 'porter')")
      for _ in 0..<rowCount {
        let columns = [2, 3, 60].map { longest in
          (0..<Int.random(in: 0...longest, using: &random)).map { _ in
            let place = min(Int.random(in: 0..<8, using: &random), Int.random(in: 0..<8, using: &random))
            return Bool.random(using: &random) ? Self.words[place] : "word\(place)"
          }.joined(separator: " ")
        }
        try db.execute(
          sql: "INSERT INTO words (title, headings, text) VALUES (?, ?, ?)",
          arguments: StatementArguments(columns))
      }
      try body(db, &random)
    }
  }
}
