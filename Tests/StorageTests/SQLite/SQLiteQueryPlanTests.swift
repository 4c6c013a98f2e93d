import Foundation
import GRDB
import Graph
import Testing

@testable import Storage

/// How SQLite does what the stores ask of it, as it says itself: an owner's condition must not keep it from the index that
/// finds a row at once.
@Suite("Plans of queries")
struct SQLiteQueryPlanTests {
  @Test(
    "go to the rows that are wanted",
    arguments: [
      (
        "SELECT * FROM messages WHERE id = 'm' AND \(Message.isOwned)",
        ["messages USING INDEX", "sessions USING"]
      ),
      (
        """
        SELECT * FROM messages WHERE session_id = (SELECT id FROM sessions WHERE id = 's' AND owner = 'o')
        ORDER BY sequence
        """, ["messages_by_session", "id=?"]
      ),
      (
        "SELECT * FROM sessions WHERE owner = 'o' AND (updated_at, id) < (1, 'x') ORDER BY updated_at DESC, id DESC",
        ["sessions_by_update (owner=? AND (updated_at,id)<(?,?))"]
      ),
      (
        "SELECT id FROM documents WHERE id IN (SELECT value FROM json_each('[]')) AND +owner = 'o'",
        ["(id=?)"]
      ),
      (
        "SELECT id FROM documents WHERE owner = 'o' AND id = 'd' OR owner = 'o' AND source = 's'",
        ["(id=?)", "(owner=? AND source=?)"]
      ),
      ("SELECT EXISTS (SELECT 1 FROM documents WHERE owner < 'o')", ["owner<?"]),
      ("SELECT sum(chunk_count) FROM documents WHERE owner = 'o'", ["COVERING INDEX documents_chunk_counts"]),
      ("SELECT EXISTS (SELECT 1 FROM documents WHERE content_hash = 'h')", ["content_hash=?"]),
      (
        "SELECT * FROM documents WHERE owner = 'o' AND (created_at, sequence) < (1, 2) ORDER BY created_at DESC, sequence DESC",
        ["documents_by_time (owner=? AND created_at<?"]
      ),
      (
        """
        SELECT chunks.text, documents.title FROM json_each('[1]') AS wanted
        CROSS JOIN chunks ON chunks.sequence = wanted.value
        CROSS JOIN documents ON documents.id = chunks.document_id WHERE +documents.owner = 'o'
        """, ["chunks USING INTEGER PRIMARY KEY", "(id=?)"]
      ),
      (
        """
        SELECT wanted.key, chunk_vectors.chunk FROM json_each('[1]') AS wanted
        CROSS JOIN chunk_vectors ON chunk_vectors.sequence = wanted.value
        """, ["chunk_vectors USING INTEGER PRIMARY KEY"]
      ),
      (
        """
        SELECT sequence FROM ingestion_jobs WHERE owner = 'o' AND state = 'queued'
        ORDER BY created_at, sequence LIMIT 1
        """, ["ingestion_jobs_by_state (owner=? AND state=?)"]
      ),
    ])
  func plans(sql: String, steps: [String]) async throws {
    try await withDatabase { database in
      let plan = try await database.read { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql.replacing("owner = ?", with: "owner = 'o'")).map
        { $0["detail"] as String }
      }
      for step in steps { #expect(plan.contains { $0.contains(step) }, "\(plan)") }
      #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
      #expect(
        !plan.contains {
          // A list that was given is gone through.
          $0.hasPrefix("SCAN") && !$0.contains("CONSTANT") && !$0.contains("json") && !$0.contains("wanted")
        }, "\(plan)"
      )
    }
  }

  @Test("of filters use an index for each folder and each document")
  func filters() async throws {
    let filter = SQLiteSearchFilter(SearchFilter(folders: ["a", "b/c"]), owner: .everyone)
    let documents = SQLiteSearchFilter(
      SearchFilter(documents: [.init()]), owner: .everyone)
    try await withDatabase { database in
      for (filter, step) in [(filter, "(owner=? AND source>? AND source<?)"), (documents, "(id=?)")] {
        let plan = try await database.read { db in
          try Row.fetchAll(
            db, sql: "EXPLAIN QUERY PLAN SELECT sequence FROM documents WHERE \(filter.condition ?? "")",
            arguments: filter.arguments
          ).map { $0["detail"] as String }
        }
        #expect(plan.contains { $0.contains(step) }, "\(plan)")
      }
    }
  }
}
