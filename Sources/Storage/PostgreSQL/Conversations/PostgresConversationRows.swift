import Foundation
import Graph
import Postgres

extension Session {
  static let postgresColumns = "id, title, created_at, updated_at"

  init(row: PostgresRow) throws {
    self.init(
      id: try row["id"], title: try row["title"],
      createdAt: StoredValues.date(milliseconds: try row["created_at"]),
      updatedAt: StoredValues.date(milliseconds: try row["updated_at"]))
  }
}

extension Message {
  static let postgresColumns = """
    id, session_id, parent_id, role, content, status, created_at, answer
    """

  init(row: PostgresRow) throws {
    guard let role = Role(rawValue: try row["role"]), let status = Status(rawValue: try row["status"]) else {
      throw StoredValues.unreadable("message")
    }
    let answer: String? = try row["answer"]
    self.init(
      id: try row["id"], sessionID: try row["session_id"], parentID: try row["parent_id"], role: role,
      content: try row["content"], status: status,
      createdAt: StoredValues.date(milliseconds: try row["created_at"]),
      answer: try answer.map { try StoredValues.value(AnswerDetails.self, json: $0) })
  }
}

/// Statements that write any number of sessions or messages at once.
///
/// Each column is one array, `unnest` makes rows of them: a statement has the same text, and is planned once, for one row and for
/// a thousand.
enum PostgresConversationRows {
  static func insert(_ sessions: [Session], owner: String) -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO sessions (owner, id, title, created_at, updated_at)
      SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::bigint[], $5::bigint[])
      """,
      [
        .text(owner), .uuids(sessions.map(\.id)), .texts(sessions.map(\.title)),
        .ints(sessions.map { StoredValues.milliseconds($0.createdAt) }),
        .ints(sessions.map { StoredValues.milliseconds($0.updatedAt) }),
      ])
  }

  /// Moves sessions in the list.
  static func touch(_ times: [(session: UUID, updatedAt: Date)], owner: String) -> PostgresStatement {
    PostgresStatement(
      """
      UPDATE sessions SET updated_at = touched.at
      FROM unnest($2::uuid[], $3::bigint[]) AS touched (id, at)
      WHERE sessions.owner = $1 AND sessions.id = touched.id
      """,
      [
        .text(owner), .uuids(times.map(\.session)),
        .ints(times.map { StoredValues.milliseconds($0.updatedAt) }),
      ])
  }

  /// In their order, which is that in which they are listed.
  static func insert(_ messages: [Message], owner: String) throws -> PostgresStatement {
    PostgresStatement(
      """
      INSERT INTO messages
        (owner, id, session_id, parent_id, role, content, status, created_at, run_id, answer)
      SELECT $1, id, session_id, nullif(parent_id, '')::uuid, role, content, status, created_at,
        nullif(run_id, '')::uuid, nullif(answer, '')
      FROM unnest(
        $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[],
        $10::text[]
      ) WITH ORDINALITY AS message
        (id, session_id, parent_id, role, content, status, created_at, run_id, answer, place)
      ORDER BY place
      """,
      [
        .text(owner), .uuids(messages.map(\.id)), .uuids(messages.map(\.sessionID)),
        .texts(messages.map { $0.parentID.map(StoredValues.text) ?? "" }),
        .texts(messages.map(\.role.rawValue)), .texts(messages.map(\.content)),
        .texts(messages.map(\.status.rawValue)),
        .ints(messages.map { StoredValues.milliseconds($0.createdAt) }),
        .texts(messages.map(runID)), .texts(try messages.map(answer)),
      ])
  }

  /// Replaces content, status and answer details of stored messages. It says which they were (`id`).
  static func update(_ messages: [Message], owner: String) throws -> PostgresStatement {
    PostgresStatement(
      """
      UPDATE messages SET content = changed.content, status = changed.status,
        run_id = nullif(changed.run_id, '')::uuid, answer = nullif(changed.answer, '')
      FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[])
        AS changed (id, content, status, run_id, answer)
      WHERE messages.owner = $1 AND messages.id = changed.id
      RETURNING messages.id
      """,
      [
        .text(owner), .uuids(messages.map(\.id)), .texts(messages.map(\.content)),
        .texts(messages.map(\.status.rawValue)), .texts(messages.map(runID)),
        .texts(try messages.map(answer)),
      ])
  }

  // Arrays of parameters hold no nulls; neither an id nor JSON is ever empty.
  private static func runID(_ message: Message) -> String {
    message.answer.map { StoredValues.text($0.runID) } ?? ""
  }

  private static func answer(_ message: Message) throws -> String {
    try message.answer.map(StoredValues.json) ?? ""
  }
}
