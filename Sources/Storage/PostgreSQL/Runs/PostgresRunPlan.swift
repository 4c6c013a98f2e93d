import Foundation
import Graph

/// What some changes come to: which of them are refused, and what the others write altogether.
///
/// The changes are tried one after the other on what is stored, in memory, so that writing them takes a handful of
/// statements for all of them, and a refused one needs no savepoint to be taken back.
struct PostgresRunPlan: Sendable {
  private(set) var state: PostgresRunState

  private(set) var newSessions: [UUID: Session] = [:]
  /// The times of stored sessions that move in the list.
  private(set) var touchedSessions: [UUID: Date] = [:]
  /// New messages in their order, and the stored ones that change.
  private(set) var newMessages: [Message] = []
  private(set) var changedMessages: [UUID: Message] = [:]
  /// In the order in which they begin. What they have come to since stands in ``state``.
  private(set) var newRuns: [RunRecord] = []
  /// Stored runs that have more events, and those, new ones too, that have ended.
  private(set) var grownRuns: Set<UUID> = []
  private(set) var endings: [UUID: Date] = [:]
  private(set) var batches: [(run: Int64, batch: RunLogBatch)] = []
  /// What becomes of threads: their only checkpoint, or none.
  private(set) var threads: [String: Checkpoint?] = [:]

  private var placesOfNewMessages: [UUID: Int] = [:]
  private var newRunIDs: Set<UUID> = []

  init(_ state: PostgresRunState) {
    self.state = state
  }

  /// Takes the change in, or says why not; then it has left nothing.
  mutating func apply(_ change: RunChange) -> StoreError? {
    do {
      switch change {
      case .begin(let beginning): try begin(beginning)
      case .append(let batch):
        let run = try runningRun(batch.runID)
        try check(batch, follows: run)
        append(batch, to: run)
      case .checkpoint(let checkpoint, let runID): try keep(checkpoint, of: try runningRun(runID))
      case .end(let ending): try end(ending)
      }
      return nil
    } catch let refusal as StoreError {
      return refusal
    } catch {
      return StoreError(.failed, "This cannot be stored.", detail: String(describing: error))
    }
  }

  // MARK: Begin

  private mutating func begin(_ beginning: RunBeginning) throws {
    try check(beginning)
    let run = beginning.run
    if let session = beginning.newSession {
      newSessions[session.id] = session
      state.sessions.insert(session.id)
    }
    for message in beginning.newMessages {
      placesOfNewMessages[message.id] = newMessages.count
      newMessages.append(message)
      state.messages.insert(message.id)
      touch(message.sessionID, at: message.createdAt)
      note(message)
    }
    if let message = beginning.reopenedMessage { replace(message) }
    guard let sequence = state.sequences.popFirst() else { throw StoredValues.unreadable("sequence") }
    newRuns.append(run)
    newRunIDs.insert(run.id)
    state.runs[run.id] = PostgresRunState.Run(
      sequence: sequence, sessionID: run.sessionID, messageID: run.messageID, threadID: run.threadID,
      status: run.status, lastEventID: run.lastEventID, tokenCount: run.tokenCount)
    if run.status == .running {
      state.runningInSession[run.sessionID] = run.id
      state.runningForMessage[run.messageID] = run.id
    }
  }

  // MARK: Append, checkpoint, end

  private mutating func append(_ batch: RunLogBatch, to run: PostgresRunState.Run) {
    var run = run
    run.lastEventID = batch.lastID
    run.tokenCount += batch.tokenCount
    state.runs[batch.runID] = run
    batches.append((run.sequence, batch))
    if !newRunIDs.contains(batch.runID) { grownRuns.insert(batch.runID) }
  }

  private mutating func keep(_ checkpoint: Checkpoint, of run: PostgresRunState.Run) throws {
    guard checkpoint.threadID == run.threadID else {
      throw StoreError(.conflict, "This checkpoint belongs to another run.")
    }
    _ = try PostgresCheckpointRows.insert(checkpoint, owner: "")
    threads[run.threadID] = .some(checkpoint)
  }

  private mutating func end(_ ending: RunEnding) throws {
    let run = try runningRun(ending.runID)
    guard ending.message.id == run.messageID, ending.message.status != .running else {
      throw StoreError(.conflict, "This is not how the run's answer can end.")
    }
    if let batch = ending.batch {
      guard batch.runID == ending.runID else {
        throw StoreError(.conflict, "These events belong to another run.")
      }
      try check(batch, follows: run)
    }
    try check(ending.message)
    if let batch = ending.batch { append(batch, to: run) }
    replace(ending.message)
    guard var ended = state.runs[ending.runID] else { return }
    ended.status = ending.message.status
    state.runs[ending.runID] = ended
    state.runningInSession[run.sessionID] = nil
    state.runningForMessage[run.messageID] = nil
    endings[ending.runID] = ending.endedAt
    if ended.status != .interrupted { threads[run.threadID] = .some(nil) }
  }

  // MARK: Messages

  private mutating func replace(_ message: Message) {
    if let index = placesOfNewMessages[message.id] {
      newMessages[index].content = message.content
      newMessages[index].status = message.status
      newMessages[index].answer = message.answer
    } else {
      changedMessages[message.id] = message
    }
    note(message)
  }

  private mutating func note(_ message: Message) {
    // The run that wrote it before may be another's.
    if let former = state.runsOfMessages.removeValue(forKey: message.id) {
      state.messagesOfRuns[former] = nil
    }
    guard let run = message.answer?.runID else { return }
    state.messagesOfRuns[run] = message.id
    state.runsOfMessages[message.id] = run
  }

  private mutating func touch(_ session: UUID, at date: Date) {
    guard newSessions[session] == nil else {
      newSessions[session]?.updatedAt = date
      return
    }
    touchedSessions[session] = date
  }
}
