import Foundation
import GRDB
import Graph

/// Sessions and messages in SQLite.
struct SQLiteConversationStore: ConversationStore {
  let database: SQLiteDatabase
  let owner: Owner

  func createSession(_ session: Session) async throws {
    try await database.write { try session.insert(owner, $0) }
  }

  func session(id: UUID) async throws -> Session? {
    try await database.read { try session(id: id, $0) }
  }

  func sessions(limit: Int, cursor: String?) async throws -> SessionPage {
    let start = try cursor.map { try SessionCursor(text: $0) }
    let limit = max(limit, 1)
    let sessions = try await database.read { db in
      // One more than asked for tells whether there is a next page.
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM sessions WHERE owner = ? AND (updated_at, id) < (?, ?)
          ORDER BY updated_at DESC, id DESC LIMIT ?
          """,
        arguments: [
          owner.id, start?.updatedAt ?? Int64.max, start.map { StoredValues.text($0.id) } ?? "", limit + 1,
        ]
      ).map(Session.init(row:))
    }
    let page = Array(sessions.prefix(limit))
    let cursor = page.last.map {
      SessionCursor(updatedAt: StoredValues.milliseconds($0.updatedAt), id: $0.id).text
    }
    return SessionPage(sessions: page, nextCursor: sessions.count > limit ? cursor : nil)
  }

  func renameSession(id: UUID, title: String) async throws -> Session? {
    try await database.write { db in
      try db.execute(
        sql: "UPDATE sessions SET title = ? WHERE id = ? AND owner = ?",
        arguments: [title, StoredValues.text(id), owner.id])
      return try session(id: id, db)
    }
  }

  func deleteSession(id: UUID) async throws -> Bool {
    try await database.write { db in
      try db.execute(
        sql: "DELETE FROM sessions WHERE id = ? AND owner = ?", arguments: [StoredValues.text(id), owner.id])
      return db.changesCount > 0
    }
  }

  func messages(sessionID: UUID) async throws -> [Message] {
    try await database.read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM messages WHERE session_id = (SELECT id FROM sessions WHERE id = ? AND owner = ?)
          ORDER BY sequence
          """,
        arguments: [StoredValues.text(sessionID), owner.id]
      ).map(Message.init(row:))
    }
  }

  func messages(sessionID: UUID, limit: Int, cursor: String?) async throws -> MessagePage {
    let limit = max(limit, 1)
    let session = StoredValues.text(sessionID)
    let messages = try await database.read { db in
      var end = Int64.max
      if let cursor {
        let sequence = try Int64.fetchOne(
          db, sql: "SELECT sequence FROM messages WHERE id = ? AND session_id = ? AND \(Message.isOwned)",
          arguments: [StoredValues.text(try MessageCursor.id(cursor)), session, owner.id])
        guard let sequence else { throw MessageCursor.unknown }
        end = sequence
      }
      return try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM messages
          WHERE session_id = (SELECT id FROM sessions WHERE id = ? AND owner = ?) AND sequence < ?
          ORDER BY sequence DESC LIMIT ?
          """,
        arguments: [session, owner.id, end, limit == .max ? limit : limit + 1]
      ).map(Message.init(row:))
    }
    return MessagePage(newestFirst: messages, limit: limit)
  }

  func message(id: UUID) async throws -> Message? {
    try await message("id", id)
  }

  func message(runID: UUID) async throws -> Message? {
    try await message("run_id", runID)
  }

  func add(_ messages: [Message]) async throws {
    try await database.write { db in
      for message in messages { try message.insert(owner, db) }
    }
  }

  func update(_ message: Message) async throws {
    try await database.write { try message.update(owner, $0) }
  }

  func interruptRunningMessages(errorCode: String, errorMessage: String) async throws -> Int {
    try await database.write { db in
      try db.execute(
        sql: """
          UPDATE messages SET status = 'interrupted',
            answer = json_set(answer, '$.errorCode', ?, '$.errorMessage', ?)
          WHERE status = 'running' AND \(Message.isOwned) AND NOT EXISTS (
            SELECT 1 FROM runs WHERE runs.message_id = messages.id AND runs.status = 'running'
          )
          """,
        arguments: [errorCode, errorMessage, owner.id])
      return db.changesCount
    }
  }

  private func session(id: UUID, _ db: Database) throws -> Session? {
    try Row.fetchOne(
      db, sql: "SELECT * FROM sessions WHERE id = ? AND owner = ?",
      arguments: [StoredValues.text(id), owner.id]
    ).map(Session.init(row:))
  }

  private func message(_ column: String, _ id: UUID) async throws -> Message? {
    try await database.read { db in
      try Row.fetchOne(
        db, sql: "SELECT * FROM messages WHERE \(column) = ? AND \(Message.isOwned)",
        arguments: [StoredValues.text(id), owner.id]
      ).map(Message.init(row:))
    }
  }
}
