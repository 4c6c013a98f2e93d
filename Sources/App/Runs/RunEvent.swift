import Foundation
import Graph

/// An event of a run, as `docs/protocol.md` defines it. One case for each `type` on the wire. Stored logs hold its JSON:
/// cases and fields may be added, not renamed.
enum RunEvent: Sendable, Hashable, Codable {
  case metadata(RunMetadata)
  /// The run waits for a place; 1 is the next to get one.
  case queued(position: Int)
  case stageStarted(Stage, candidates: Int? = nil)
  case stageCompleted(Stage, StageResult)
  /// A stage did less than it should, and the run goes on.
  case warning(Stage, message: String)
  case sources([Source])
  case token(String)
  case snapshot(text: String, stage: Stage?, sources: [Source])
  case done(RunCompletion)
  case cancelled(messageID: UUID, reason: CancelReason)
  case error(RunFailure)

  /// Whether it ends the run and every stream of it.
  var isTerminal: Bool {
    switch self {
    case .done, .cancelled, .error: true
    default: false
    }
  }

  /// The message that a terminal event is about.
  var messageID: UUID? {
    switch self {
    case .done(let completion): completion.messageID
    case .cancelled(let messageID, _): messageID
    case .error(let failure): failure.messageID
    default: nil
    }
  }
}

/// A stage of the pipeline that the user sees.
enum Stage: String, Sendable, Hashable, Codable, CaseIterable {
  case routing, retrieval, reranking, generation
}

/// What a completed stage reports.
struct StageResult: Sendable, Hashable, Codable {
  var durationMS: Double
  var agent: ChatRoute?
  var documentCount: Int?
  var selected: Int?
  var tokenCount: Int?
}

struct RunMetadata: Sendable, Hashable, Codable {
  var sessionID: UUID
  var runID: UUID
  /// The assistant message that the run writes.
  var messageID: UUID
  /// The user message that it answers.
  var parentID: UUID
  var model: ModelDescriptor
}

struct RunCompletion: Sendable, Hashable, Codable {
  var messageID: UUID
  var finishReason: FinishReason
  var usage: TokenUsage
  var timings: AnswerTimings
}

/// Why a run was cancelled.
enum CancelReason: String, Sendable, Hashable, Codable {
  case user, disconnected, shutdown
}
