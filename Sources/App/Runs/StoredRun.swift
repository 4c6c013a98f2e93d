import Foundation
import Graph
import NIOCore

/// A run that is no longer in memory: it ended a while ago, or before a restart.
struct StoredRun: Sendable {
  let record: RunRecord
  /// The answer as it is now. A later run may have continued it.
  let message: Message
  let answer: AnswerDetails

  /// - Returns: `nil` for a message that is not an answer.
  init?(_ record: RunRecord, message: Message) {
    guard let answer = message.answer else { return nil }
    self.record = record
    self.message = message
    self.answer = answer
  }

  var status: Run.Status { Run.Status(rawValue: record.status.rawValue) ?? .interrupted }

  var stopReceipt: StopReceipt {
    StopReceipt(
      runID: record.id, status: status, lastEventID: record.lastEventID, tokenCount: record.tokenCount,
      stoppedIn: .zero)
  }

  /// How what a reader lacks is brought to it.
  enum Replay: Hashable {
    /// The single events.
    case log
    /// Frames that stand for them.
    case frames(ByteBuffer, lastID: Int)
  }

  /// What a reader with a position gets.
  ///
  /// - From a log that is kept: the events after the position.
  /// - From a compacted one: the metadata if it has nothing yet, a snapshot in place of the rest, the terminal event.
  /// - Of a run that was cut off, at a position that its stored log does not reach: the reader saw what the server
  ///   could not store any more. It gets a snapshot of what is kept, and the end, with ids that follow its own.
  /// - Throws: ``RequestError`` for a position beyond the end of any other run.
  func replay(after position: Int, now: Int64) throws -> Replay {
    let last = record.lastEventID
    // One that is still marked as running, but not in memory, could not store its end.
    if record.status == .interrupted || record.status == .running, position >= firstRecoveredID {
      return frames(
        [(position + 1, snapshot), (position + 2, terminalEvent)], lastID: position + 2, now)
    }
    guard position <= last else { throw RequestError.positionBeyondRun }
    guard record.isCompacted else { return .log }
    // A run of two events had no text.
    let text = last > 2 ? snapshot : nil
    let events = [(1, metadata), (last - 1, text), (last, terminalEvent)]
    return frames(events.filter { $0.0 > position }, lastID: last, now)
  }

  /// The first event that may have been written at the recovery: a reader may have seen another one with the same id,
  /// or later ones, that the process could not store.
  private var firstRecoveredID: Int {
    let last = record.lastEventID
    // A continuation without a word of its own ends with a snapshot of what is kept.
    return record.tokenCount == 0 && !message.content.isEmpty ? last - 1 : last
  }

  private func frames(_ events: [(id: Int, event: RunEvent?)], lastID: Int, _ now: Int64) -> Replay {
    var buffer = ByteBuffer()
    for (id, event) in events {
      guard let event else { continue }
      EventFrameEncoder.append(event, id: id, milliseconds: now, to: &buffer)
    }
    return .frames(buffer, lastID: lastID)
  }

  /// What is left of the run when its single events are gone.
  var compactedEvents: [RunEvent] { [metadata, snapshot, terminalEvent].compactMap { $0 } }

  private var metadata: RunEvent {
    .metadata(
      RunMetadata(
        sessionID: message.sessionID, runID: record.id, messageID: message.id,
        parentID: message.parentID ?? message.id, model: answer.model))
  }

  /// - Returns: `nil` when another run has written the answer anew.
  private var snapshot: RunEvent? {
    guard answer.runID == record.id else { return nil }
    return .snapshot(text: message.content, stage: nil, sources: answer.sources)
  }

  private var terminalEvent: RunEvent {
    switch record.status {
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
    case .interrupted
    where answer.runID == record.id && answer.finishReason == CancelReason.shutdown.rawValue:
      return .cancelled(messageID: message.id, reason: .shutdown)
    case .running, .interrupted:
      return .error(.interrupted(messageID: message.id))
    }
  }
}
