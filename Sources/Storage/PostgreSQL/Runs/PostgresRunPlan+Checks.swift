import Foundation
import Graph

/// When a change is refused. The sentences are those of ``RunStore``.
extension PostgresRunPlan {
  func check(_ beginning: RunBeginning) throws {
    let run = beginning.run
    guard state.runs[run.id] == nil, !state.foreignRuns.contains(run.id) else {
      throw StoreError(.conflict, "A run with this id is stored already.")
    }
    if let session = beginning.newSession {
      guard !state.sessions.contains(session.id) else { throw Self.isStored }
      try PostgresText.check(session.title)
    }
    func isKnown(_ session: UUID) -> Bool {
      state.sessions.contains(session) || session == beginning.newSession?.id
    }
    var messages: Set<UUID> = []
    for message in beginning.newMessages {
      guard isKnown(message.sessionID) else { throw Self.noSession }
      guard !state.messages.contains(message.id), messages.insert(message.id).inserted else {
        throw Self.isStored
      }
      try check(message)
    }
    if let message = beginning.reopenedMessage {
      guard state.messages.contains(message.id) || messages.contains(message.id) else { throw Self.noMessage }
      try check(message)
    }
    guard isKnown(run.sessionID) else { throw Self.noSession }
    guard state.messages.contains(run.messageID) || messages.contains(run.messageID) else {
      throw Self.noMessage
    }
    guard state.runningForMessage[run.messageID] == nil, state.runningInSession[run.sessionID] == nil else {
      throw StoreError(.conflict, "Another answer is being written in this conversation. Wait for its end.")
    }
    try PostgresText.check(run.fingerprint, run.threadID)
  }

  func check(_ batch: RunLogBatch, follows run: PostgresRunState.Run) throws {
    guard batch.firstID == run.lastEventID + 1, batch.lastID >= batch.firstID else {
      throw StoreError(
        .conflict, "These events of an answer do not follow those that are stored.",
        detail: "\(batch.firstID)...\(batch.lastID) after \(run.lastEventID)")
    }
    guard batch.payload.count <= PostgresRunWriter.largestPayload else {
      throw StoreError(.failed, "This is too large to be stored.", detail: "\(batch.payload.count) bytes")
    }
  }

  func check(_ message: Message) throws {
    try PostgresText.check(message.content)
    guard let answer = message.answer else { return }
    _ = try StoredValues.json(answer)
    let writer = state.messagesOfRuns[answer.runID]
    guard writer == nil || writer == message.id else { throw Self.isStored }
  }

  func runningRun(_ id: UUID) throws -> PostgresRunState.Run {
    guard let run = state.runs[id], run.status == .running else {
      throw StoreError(
        .notFound, "This answer is not being written any more; its conversation may have been deleted.")
    }
    return run
  }

  private static let isStored = StoreError(.conflict, "This is stored already.")
  private static let noSession = StoreError(.notFound, "This conversation no longer exists. Start a new one.")
  private static let noMessage = StoreError(
    .notFound, "This message no longer exists; its conversation may have been deleted.")
}
