import Foundation
import Graph
import Postgres

/// Everything stored that decides whether some changes can be applied, locked until the transaction ends.
struct PostgresRunState: Sendable {
  struct Run: Sendable {
    let sequence: Int64
    let sessionID: UUID
    let messageID: UUID
    let threadID: String
    var status: Message.Status
    var lastEventID: Int
    var tokenCount: Int
  }

  var runs: [UUID: Run] = [:]
  /// Run ids that another owner has.
  var foreignRuns: Set<UUID> = []
  var sessions: Set<UUID> = []
  /// The messages that are there.
  var messages: Set<UUID> = []
  /// Which message a run wrote, and which run wrote a message.
  var messagesOfRuns: [UUID: UUID] = [:]
  var runsOfMessages: [UUID: UUID] = [:]
  /// The runs that are going on, by what there may be one of.
  var runningInSession: [UUID: UUID] = [:]
  var runningForMessage: [UUID: UUID] = [:]
  /// Numbers for new runs, in the order of time.
  var sequences: ArraySlice<Int64> = []
}

/// Reads a ``PostgresRunState`` with a handful of statements, whatever the number of changes.
///
/// Sessions are locked before runs, and each kind in the order of its ids. Whoever deletes a session does the same.
struct PostgresRunStateReader: Sendable {
  let owner: String
  private var runs: Set<UUID> = []
  private var begun: Set<UUID> = []
  private var sessions: Set<UUID> = []
  private var messages: Set<UUID> = []
  private var messageRuns: Set<UUID> = []

  init(_ changes: [RunChange], owner: String) {
    self.owner = owner
    for change in changes {
      runs.insert(change.runID)
      switch change {
      case .begin(let beginning): collect(beginning)
      case .end(let ending): collect(ending.message)
      case .append, .checkpoint: break
      }
    }
  }

  private mutating func collect(_ beginning: RunBeginning) {
    begun.insert(beginning.run.id)
    sessions.insert(beginning.run.sessionID)
    messages.insert(beginning.run.messageID)
    if let session = beginning.newSession { sessions.insert(session.id) }
    for message in beginning.newMessages {
      sessions.insert(message.sessionID)
      collect(message)
    }
    if let message = beginning.reopenedMessage { collect(message) }
  }

  private mutating func collect(_ message: Message) {
    messages.insert(message.id)
    if let run = message.answer?.runID { messageRuns.insert(run) }
  }

  /// Locks first: a run that began while this waited for them is seen by what follows.
  var statements: [PostgresStatement] { parts.map(\.statement) }

  /// - Parameter results: those of ``statements``, in their order.
  func state(_ results: [PostgresResult]) throws -> PostgresRunState {
    var state = PostgresRunState()
    for (part, result) in zip(parts, results) { try part.read(&state, result) }
    return state
  }

  private typealias Part = (
    statement: PostgresStatement, read: (inout PostgresRunState, PostgresResult) throws -> Void
  )

  private var parts: [Part] {
    var parts: [Part] = []
    if !begun.isEmpty {
      parts += [
        (lockedSessions, Self.readSessions), (foreignRuns, Self.readForeignRuns),
        (newSequences, Self.readSequences),
      ]
    }
    parts.append((lockedRuns, Self.readRuns))
    if !begun.isEmpty { parts.append((runningRuns, Self.readRunning)) }
    if !messages.isEmpty { parts.append((knownMessages, Self.readMessages)) }
    return parts
  }

  // MARK: Statements

  private var lockedSessions: PostgresStatement {
    PostgresStatement(
      "SELECT id FROM sessions WHERE owner = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE",
      [.text(owner), .uuids(Array(sessions))])
  }

  private var foreignRuns: PostgresStatement {
    PostgresStatement(
      "SELECT id FROM runs WHERE owner <> $1 AND id = ANY($2)", [.text(owner), .uuids(Array(begun))])
  }

  private var newSequences: PostgresStatement {
    PostgresStatement(
      "SELECT nextval(pg_get_serial_sequence('runs', 'sequence')) AS sequence FROM generate_series(1, $1)",
      [.int(Int64(begun.count))])
  }

  private var lockedRuns: PostgresStatement {
    PostgresStatement(
      """
      SELECT id, sequence, session_id, message_id, thread_id, status, last_event_id, token_count FROM runs
      WHERE owner = $1 AND id = ANY($2) ORDER BY id FOR NO KEY UPDATE
      """,
      [.text(owner), .uuids(Array(runs))])
  }

  private var runningRuns: PostgresStatement {
    PostgresStatement(
      """
      SELECT id, session_id, message_id FROM runs
      WHERE owner = $1 AND status = 'running' AND session_id = ANY($2)
      UNION
      SELECT id, session_id, message_id FROM runs
      WHERE owner = $1 AND status = 'running' AND message_id = ANY($3)
      """,
      [.text(owner), .uuids(Array(sessions)), .uuids(Array(messages))])
  }

  private var knownMessages: PostgresStatement {
    PostgresStatement(
      """
      SELECT id, run_id FROM messages WHERE owner = $1 AND id = ANY($2)
      UNION
      SELECT id, run_id FROM messages WHERE owner = $1 AND run_id = ANY($3)
      """,
      [.text(owner), .uuids(Array(messages)), .uuids(Array(messageRuns))])
  }

  // MARK: Rows

  private static func readSessions(_ state: inout PostgresRunState, _ result: PostgresResult) throws {
    for row in result { state.sessions.insert(try row[0]) }
  }

  private static func readForeignRuns(_ state: inout PostgresRunState, _ result: PostgresResult) throws {
    for row in result { state.foreignRuns.insert(try row[0]) }
  }

  private static func readSequences(_ state: inout PostgresRunState, _ result: PostgresResult) throws {
    state.sequences = try result.map { try $0[0] as Int64 }[...]
  }

  private static func readRuns(_ state: inout PostgresRunState, _ result: PostgresResult) throws {
    for row in result {
      guard let status = Message.Status(rawValue: try row["status"]) else {
        throw StoredValues.unreadable("run")
      }
      state.runs[try row["id"]] = PostgresRunState.Run(
        sequence: try row["sequence"], sessionID: try row["session_id"], messageID: try row["message_id"],
        threadID: try row["thread_id"], status: status, lastEventID: try row["last_event_id"],
        tokenCount: try row["token_count"])
    }
  }

  private static func readRunning(_ state: inout PostgresRunState, _ result: PostgresResult) throws {
    for row in result {
      let id: UUID = try row["id"]
      state.runningInSession[try row["session_id"]] = id
      state.runningForMessage[try row["message_id"]] = id
    }
  }

  private static func readMessages(_ state: inout PostgresRunState, _ result: PostgresResult) throws {
    for row in result {
      let id: UUID = try row["id"]
      state.messages.insert(id)
      guard let run: UUID = try row["run_id"] else { continue }
      state.messagesOfRuns[run] = id
      state.runsOfMessages[id] = run
    }
  }
}
