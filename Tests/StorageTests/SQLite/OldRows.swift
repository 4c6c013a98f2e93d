import Foundation
import GRDB
import Graph

@testable import Storage

/// Rows as they were written before rows had owners.
extension Session {
  func insertWithoutOwner(_ db: Database) throws {
    try db.execute(
      sql: "INSERT INTO sessions (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)",
      arguments: [
        StoredValues.text(id), title, StoredValues.milliseconds(createdAt),
        StoredValues.milliseconds(updatedAt),
      ])
  }
}

extension Message {
  func insertWithoutOwner(_ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO messages
          (id, session_id, parent_id, role, content, status, created_at, run_id, answer)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        StoredValues.text(id), StoredValues.text(sessionID), parentID.map(StoredValues.text), role.rawValue,
        content, status.rawValue, StoredValues.milliseconds(createdAt),
        answer.map { StoredValues.text($0.runID) }, try answer.map(StoredValues.json),
      ])
  }
}
