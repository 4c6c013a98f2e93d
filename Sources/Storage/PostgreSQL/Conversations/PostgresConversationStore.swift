public import Foundation
public import Graph
import Postgres

/// An owner's sessions and messages in PostgreSQL.
public struct PostgresConversationStore: ConversationStore {
  let database: PostgresDatabase
  let owner: String

  public func createSession(_ session: Session) async throws {
    let statement = PostgresConversationRows.insert([session], owner: owner)
    _ = try await database.write { try await $0.pipeline([statement]) }
  }

  public func session(id: UUID) async throws -> Session? {
    try await first("SELECT \(Session.postgresColumns) FROM sessions WHERE owner = $1 AND id = $2", id)
      .map(Session.init(row:))
  }

  public func sessions(limit: Int, cursor: String?) async throws -> SessionPage {
    let start = try cursor.map { try SessionCursor(text: $0) }
    let limit = max(limit, 1)
    // One more than asked for tells whether there is a next page.
    let sessions = try await database.query(
      """
      SELECT \(Session.postgresColumns) FROM sessions
      WHERE owner = $1 \(start == nil ? "" : "AND (updated_at, id) < ($3, $4)")
      ORDER BY updated_at DESC, id DESC LIMIT $2
      """,
      [.text(owner), .int(Int64(limit == .max ? limit : limit + 1))]
        + (start.map { [.int($0.updatedAt), .uuid($0.id)] } ?? [])
    ).map(Session.init(row:))
    let page = Array(sessions.prefix(limit))
    let cursor = page.last.map {
      SessionCursor(updatedAt: StoredValues.milliseconds($0.updatedAt), id: $0.id).text
    }
    return SessionPage(sessions: page, nextCursor: sessions.count > limit ? cursor : nil)
  }

  public func renameSession(id: UUID, title: String) async throws -> Session? {
    try await database.execute(
      "UPDATE sessions SET title = $3 WHERE owner = $1 AND id = $2 RETURNING \(Session.postgresColumns)",
      [.text(owner), .uuid(id), .text(title)]
    ).first.map(Session.init(row:))
  }

  public func deleteSession(id: UUID) async throws -> Bool {
    try await database.write { connection in
      // Whoever writes the session's runs locks them in this order, too: session, runs, messages. Without it both could wait
      // for each other.
      let results = try await connection.pipeline([
        PostgresStatement(
          "SELECT id FROM sessions WHERE owner = $1 AND id = $2 FOR UPDATE", [.text(owner), .uuid(id)]),
        PostgresStatement(
          "SELECT id FROM runs WHERE owner = $1 AND session_id = $2 ORDER BY id FOR UPDATE",
          [.text(owner), .uuid(id)]),
        PostgresStatement("DELETE FROM sessions WHERE owner = $1 AND id = $2", [.text(owner), .uuid(id)]),
      ])
      return !results[0].isEmpty
    }
  }

  public func messages(sessionID: UUID) async throws -> [Message] {
    try await database.query(
      """
      SELECT \(Message.postgresColumns) FROM messages WHERE owner = $1 AND session_id = $2 ORDER BY sequence
      """,
      [.text(owner), .uuid(sessionID)]
    ).map(Message.init(row:))
  }

  public func messages(sessionID: UUID, limit: Int, cursor: String?) async throws -> MessagePage {
    let limit = max(limit, 1)
    var end = Int64.max
    if let cursor {
      let found = try await database.query(
        "SELECT sequence FROM messages WHERE owner = $1 AND session_id = $2 AND id = $3",
        [.text(owner), .uuid(sessionID), .uuid(MessageCursor.id(cursor))])
      guard let sequence: Int64 = try found.first?[0] else { throw MessageCursor.unknown }
      end = sequence
    }
    let messages = try await database.query(
      """
      SELECT \(Message.postgresColumns) FROM messages
      WHERE owner = $1 AND session_id = $2 AND sequence < $3 ORDER BY sequence DESC LIMIT $4
      """,
      [.text(owner), .uuid(sessionID), .int(end), .int(Int64(limit == .max ? limit : limit + 1))]
    ).map(Message.init(row:))
    return MessagePage(newestFirst: messages, limit: limit)
  }

  public func message(id: UUID) async throws -> Message? {
    try await first("SELECT \(Message.postgresColumns) FROM messages WHERE owner = $1 AND id = $2", id)
      .map(Message.init(row:))
  }

  public func message(runID: UUID) async throws -> Message? {
    try await first("SELECT \(Message.postgresColumns) FROM messages WHERE owner = $1 AND run_id = $2", runID)
      .map(Message.init(row:))
  }

  public func add(_ messages: [Message]) async throws {
    guard !messages.isEmpty else { return }
    var times: [UUID: Date] = [:]
    for message in messages { times[message.sessionID] = message.createdAt }
    let insertion = try PostgresConversationRows.insert(messages, owner: owner)
    // In one order, so that two who add to the same sessions never wait for each other.
    let sessions = times.keys.sorted { $0.uuidString < $1.uuidString }
    let touch = PostgresConversationRows.touch(
      times.map { (session: $0.key, updatedAt: $0.value) }, owner: owner)
    try await database.write { connection in
      let known = try await connection.query(
        "SELECT id FROM sessions WHERE owner = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE",
        [.text(owner), .uuids(sessions)])
      guard known.count == sessions.count else {
        throw StoreError(.notFound, "This conversation no longer exists. Start a new one.")
      }
      _ = try await connection.pipeline([insertion, touch])
    }
  }

  public func update(_ message: Message) async throws {
    let statement = try PostgresConversationRows.update([message], owner: owner)
    let updated = try await database.execute(statement.sql, statement.parameters)
    guard !updated.isEmpty else {
      throw StoreError(.notFound, "This message no longer exists; its conversation may have been deleted.")
    }
  }

  public func interruptRunningMessages(errorCode: String, errorMessage: String) async throws -> Int {
    try await database.write { connection in
      let lost = try await connection.query(
        """
        SELECT \(Message.postgresColumns) FROM messages
        WHERE owner = $1 AND status = 'running' AND NOT EXISTS (
          SELECT 1 FROM runs
          WHERE runs.owner = messages.owner AND runs.message_id = messages.id AND runs.status = 'running'
        ) FOR UPDATE
        """, [.text(owner)]
      ).map(Message.init(row:))
      guard !lost.isEmpty else { return 0 }
      let interrupted = lost.map { message in
        var message = message
        message.status = .interrupted
        message.answer?.errorCode = errorCode
        message.answer?.errorMessage = errorMessage
        return message
      }
      let update = try PostgresConversationRows.update(interrupted, owner: owner)
      return try await connection.query(update.sql, update.parameters).count
    }
  }

  private func first(_ sql: String, _ id: UUID) async throws -> PostgresRow? {
    try await database.query(sql, [.text(owner), .uuid(id)]).first
  }
}
