import Foundation
import Graph

/// A run of which only its stored answer is left: it ended longer ago than logs are kept, or before a restart.
struct ArchivedRun: Sendable {
  let message: Message
  let answer: AnswerDetails

  /// - Returns: `nil` for a message that is not an answer.
  init?(_ message: Message) {
    guard let answer = message.answer else { return nil }
    self.message = message
    self.answer = answer
  }

  var status: Run.Status { Run.Status(rawValue: message.status.rawValue) ?? .interrupted }

  /// The ids of a replay: metadata, one snapshot in place of the old events, the terminal event.
  var lastEventID: Int { 3 }

  var stopReceipt: StopReceipt {
    StopReceipt(
      runID: answer.runID, status: status, lastEventID: lastEventID,
      tokenCount: answer.usage?.completionTokens ?? 0, stoppedIn: .zero)
  }

  /// A log that brings a reader to where the run ended.
  ///
  /// The ids of the old events are gone. A reader that has some goes on from its own position, so that nothing it
  /// gets looks like a repetition; the snapshot replaces what it has.
  func replay(time: RunTime, after position: Int) -> RunLog {
    let log = RunLog(time: time, baseID: position)
    append(to: log, after: position)
    return log
  }

  /// Writes what a reader at a position lacks into a log that begins there.
  func append(to log: RunLog, after position: Int) {
    if position == 0 {
      log.append(
        .metadata(
          RunMetadata(
            sessionID: message.sessionID, runID: answer.runID, messageID: message.id,
            parentID: message.parentID ?? message.id, model: answer.model)))
    }
    // An interrupted answer of which nothing was stored must not wipe out what the reader has seen of it.
    if message.status != .interrupted || !message.content.isEmpty {
      log.append(.snapshot(text: message.content, stage: nil, sources: answer.sources))
    }
    log.append(terminalEvent)
  }

  private var terminalEvent: RunEvent {
    switch message.status {
    case .done:
      return .done(
        RunCompletion(
          messageID: message.id,
          finishReason: answer.finishReason.flatMap(FinishReason.init(rawValue:)) ?? .stop,
          usage: answer.usage ?? TokenUsage(promptTokens: 0, completionTokens: 0),
          timings: answer.timings ?? AnswerTimings(firstTokenMS: nil, totalMS: 0)))
    case .cancelled:
      return .cancelled(
        messageID: message.id, reason: answer.finishReason.flatMap(CancelReason.init(rawValue:)) ?? .user)
    case .error:
      return .error(
        RunFailure(
          answer.errorCode.flatMap(RunFailure.Code.init(rawValue:)) ?? .internalError,
          answer.errorMessage ?? "The answer failed.", messageID: message.id))
    case .running, .interrupted:
      return .error(.interrupted(messageID: message.id))
    }
  }
}

extension TurnPlanner {
  /// Whether a request asks what a stored run has answered.
  func isSameRequest(_ request: RunRequest, as archived: ArchivedRun) async throws -> Bool {
    if let sessionID = request.sessionID, sessionID != archived.message.sessionID { return false }
    guard let parentID = archived.message.parentID else { return false }
    return try await store.message(id: parentID)?.content == request.message
  }
}
