import Foundation
import GRDB
import Graph

extension Session {
  init(row: Row) throws {
    self.init(
      id: try StoredValues.id(row["id"]), title: row["title"],
      createdAt: StoredValues.date(milliseconds: row["created_at"]),
      updatedAt: StoredValues.date(milliseconds: row["updated_at"]))
  }

  func insert(_ owner: Owner, _ db: Database) throws {
    try db.cachedStatement(
      sql: "INSERT INTO sessions (id, owner, title, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"
    ).execute(arguments: [
      StoredValues.text(id), owner.id, title, StoredValues.milliseconds(createdAt),
      StoredValues.milliseconds(updatedAt),
    ])
  }
}

extension Message {
  /// A condition on rows of `messages`; its argument is the owner.
  static let isOwned =
    "EXISTS (SELECT 1 FROM sessions WHERE sessions.id = messages.session_id AND sessions.owner = ?)"

  init(row: Row) throws {
    guard let role = Role(rawValue: row["role"]), let status = Status(rawValue: row["status"]) else {
      throw StoredValues.unreadable("message")
    }
    let parent: String? = row["parent_id"]
    let answer: String? = row["answer"]
    self.init(
      id: try StoredValues.id(row["id"]), sessionID: try StoredValues.id(row["session_id"]),
      parentID: try parent.map(StoredValues.id), role: role, content: row["content"], status: status,
      createdAt: StoredValues.date(milliseconds: row["created_at"]),
      answer: try answer.map { try StoredValues.value(AnswerDetails.self, json: $0) })
  }

  /// Adds the message to its session, and moves that up in the list.
  func insert(_ owner: Owner, _ db: Database) throws {
    try touchSession(owner, db)
    try db.cachedStatement(
      sql: """
        INSERT INTO messages
          (id, session_id, parent_id, role, content, status, created_at, run_id, answer)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      StoredValues.text(id), StoredValues.text(sessionID), parentID.map(StoredValues.text), role.rawValue,
      content, status.rawValue, StoredValues.milliseconds(createdAt),
      answer.map { StoredValues.text($0.runID) }, try answer.map(StoredValues.json),
    ])
  }

  /// Replaces content, status and answer details of the stored message.
  func update(_ owner: Owner, _ db: Database) throws {
    try db.cachedStatement(
      sql: """
        UPDATE messages SET content = ?, status = ?, run_id = ?, answer = ? WHERE id = ? AND \(Self.isOwned)
        """
    ).execute(arguments: [
      content, status.rawValue, answer.map { StoredValues.text($0.runID) },
      try answer.map(StoredValues.json), StoredValues.text(id), owner.id,
    ])
    guard db.changesCount > 0 else {
      throw StoreError(.notFound, "This message no longer exists; its conversation may have been deleted.")
    }
  }

  private func touchSession(_ owner: Owner, _ db: Database) throws {
    try db.cachedStatement(sql: "UPDATE sessions SET updated_at = ? WHERE id = ? AND owner = ?")
      .execute(arguments: [StoredValues.milliseconds(createdAt), StoredValues.text(sessionID), owner.id])
    guard db.changesCount > 0 else {
      throw StoreError(.notFound, "This conversation no longer exists. Start a new one.")
    }
  }
}
