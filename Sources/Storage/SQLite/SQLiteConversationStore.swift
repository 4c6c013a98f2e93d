public import Foundation
import GRDB
public import Graph

/// Sessions and messages in SQLite.
public struct SQLiteConversationStore: ConversationStore {
  let database: SQLiteDatabase

  public func createSession(_ session: Session) async throws {
    try await database.write { try session.insert($0) }
  }

  public func session(id: UUID) async throws -> Session? {
    try await database.read { try Self.session(id: id, $0) }
  }

  public func sessions(limit: Int, cursor: String?) async throws -> SessionPage {
    let start = try cursor.map { try SessionCursor(text: $0) }
    let limit = max(limit, 1)
    let sessions = try await database.read { db in
      // One more than asked for tells whether there is a next page.
      try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM sessions WHERE (updated_at, id) < (?, ?)
          ORDER BY updated_at DESC, id DESC LIMIT ?
          """,
        arguments: [start?.updatedAt ?? Int64.max, start.map { StoredValues.text($0.id) } ?? "", limit + 1]
      ).map(Session.init(row:))
    }
    let page = Array(sessions.prefix(limit))
    let cursor = page.last.map {
      SessionCursor(updatedAt: StoredValues.milliseconds($0.updatedAt), id: $0.id).text
    }
    return SessionPage(sessions: page, nextCursor: sessions.count > limit ? cursor : nil)
  }

  public func renameSession(id: UUID, title: String) async throws -> Session? {
    try await database.write { db in
      try db.execute(
        sql: "UPDATE sessions SET title = ? WHERE id = ?", arguments: [title, StoredValues.text(id)])
      return try Self.session(id: id, db)
    }
  }

  public func deleteSession(id: UUID) async throws -> Bool {
    try await database.write { db in
      try db.execute(sql: "DELETE FROM sessions WHERE id = ?", arguments: [StoredValues.text(id)])
      return db.changesCount > 0
    }
  }

  public func messages(sessionID: UUID) async throws -> [Message] {
    try await database.read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM messages WHERE session_id = ? ORDER BY sequence",
        arguments: [StoredValues.text(sessionID)]
      ).map(Message.init(row:))
    }
  }

  public func message(id: UUID) async throws -> Message? {
    try await message("SELECT * FROM messages WHERE id = ?", id)
  }

  public func message(runID: UUID) async throws -> Message? {
    try await message("SELECT * FROM messages WHERE run_id = ?", runID)
  }

  public func add(_ messages: [Message]) async throws {
    try await database.write { db in
      for message in messages { try message.insert(db) }
    }
  }

  public func update(_ message: Message) async throws {
    try await database.write { try message.update($0) }
  }

  public func interruptRunningMessages(errorCode: String, errorMessage: String) async throws -> Int {
    try await database.write { db in
      try db.execute(
        sql: """
          UPDATE messages SET status = 'interrupted',
            answer = json_set(answer, '$.errorCode', ?, '$.errorMessage', ?)
          WHERE status = 'running' AND NOT EXISTS (
            SELECT 1 FROM runs WHERE runs.message_id = messages.id AND runs.status = 'running'
          )
          """,
        arguments: [errorCode, errorMessage])
      return db.changesCount
    }
  }

  private static func session(id: UUID, _ db: Database) throws -> Session? {
    try Row.fetchOne(db, sql: "SELECT * FROM sessions WHERE id = ?", arguments: [StoredValues.text(id)])
      .map(Session.init(row:))
  }

  private func message(_ sql: String, _ id: UUID) async throws -> Message? {
    try await database.read { db in
      try Row.fetchOne(db, sql: sql, arguments: [StoredValues.text(id)]).map(Message.init(row:))
    }
  }
}
