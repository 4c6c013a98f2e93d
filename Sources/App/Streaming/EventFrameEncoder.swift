import Foundation
import Graph
import NIOCore

/// Writes events as Server-Sent Events frames: an `id:` line, one `data:` line with one JSON object, a blank line.
///
/// JSON escapes every line break inside, so one `data:` line always is enough.
enum EventFrameEncoder {
  /// Sent before the first event: how long a client waits before it reconnects, in milliseconds. It is also what makes
  /// the response's head leave at once.
  static let preamble = ByteBuffer(string: ": rill\n\nretry: 1000\n\n")
  static let heartbeat = ByteBuffer(string: ": heartbeat\n\n")
  static let heartbeatFrames = EventFrames { $0.writeImmutableBuffer(heartbeat) }

  /// - Parameters:
  ///   - id: the event's sequence number in its run.
  ///   - milliseconds: when it happened, since 1970.
  static func append(_ event: RunEvent, id: Int, milliseconds: Int64, to buffer: inout ByteBuffer) {
    buffer.writeString("id: ")
    buffer.writeString(String(id))
    buffer.writeString("\ndata: ")
    var writer = JSONWriter(into: buffer)
    // Leaves the writer the only owner of the storage, which would be copied otherwise.
    buffer = ByteBuffer()
    writer.object { json in
      json.field("type", event.wireType)
      json.content(of: event)
      json.field("timestamp", WireTimestamp.string(milliseconds: milliseconds))
    }
    buffer = writer.buffer
    buffer.writeString("\n\n")
  }
}

extension RunEvent {
  /// The `type` of the event on the wire.
  var wireType: String {
    switch self {
    case .metadata: "metadata"
    case .queued: "queued"
    case .stageStarted(let stage, _): "\(stage.rawValue)_start"
    case .stageCompleted(let stage, _): "\(stage.rawValue)_complete"
    case .warning: "warning"
    case .sources: "sources"
    case .token: "token"
    case .snapshot: "snapshot"
    case .done: "done"
    case .cancelled: "cancelled"
    case .error: "error"
    }
  }
}

extension JSONWriter {
  fileprivate mutating func content(of event: RunEvent) {
    switch event {
    case .token(let text): field("content", text)
    case .metadata(let metadata): object("content") { $0.fields(of: metadata) }
    case .queued(let position): object("content") { $0.field("position", position) }
    case .stageStarted(let stage, let candidates):
      object("content") { json in
        json.field("stage", stage.rawValue)
        json.field("status", "started")
        if let candidates { json.field("candidates", candidates) }
      }
    case .stageCompleted(let stage, let result): object("content") { $0.fields(of: result, stage: stage) }
    case .warning(let stage, let message):
      object("content") { json in
        json.field("stage", stage.rawValue)
        json.field("message", message)
      }
    case .sources(let sources): object("content") { $0.sources(sources) }
    case .snapshot(let text, let stage, let sources):
      object("content") { json in
        json.field("text", text)
        if let stage { json.field("stage", stage.rawValue) } else { json.null("stage") }
        json.sources(sources)
      }
    case .done(let completion): object("content") { $0.fields(of: completion) }
    case .cancelled(let messageID, let reason):
      object("content") { json in
        json.field("message_id", messageID)
        json.field("reason", reason.rawValue)
      }
    case .error(let failure): object("content") { $0.fields(of: failure) }
    }
  }

  private mutating func fields(of metadata: RunMetadata) {
    field("session_id", metadata.sessionID)
    field("run_id", metadata.runID)
    field("message_id", metadata.messageID)
    field("parent_id", metadata.parentID)
    field("model", metadata.model.model)
    field("provider", metadata.model.provider)
  }

  private mutating func fields(of result: StageResult, stage: Stage) {
    field("stage", stage.rawValue)
    field("status", "complete")
    if let agent = result.agent { field("agent", agent.rawValue) }
    if let count = result.documentCount { field("doc_count", count) }
    if let count = result.selected { field("selected", count) }
    if let count = result.tokenCount { field("token_count", count) }
    field("duration_ms", result.durationMS)
  }

  private mutating func fields(of completion: RunCompletion) {
    field("message_id", completion.messageID)
    field("finish_reason", completion.finishReason.rawValue)
    usage("usage", completion.usage)
    timings("timings", completion.timings)
  }

  private mutating func fields(of failure: RunFailure) {
    field("code", failure.code.rawValue)
    field("message", failure.message)
    field("retryable", failure.code.isRetryable)
    if let messageID = failure.messageID { field("message_id", messageID) }
    if let retryAfter = failure.retryAfter { field("retry_after_ms", Int(retryAfter.milliseconds)) }
  }

  /// - Parameter existing: the documents that are still there; `nil` when nobody has looked.
  mutating func sources(_ sources: [Source], existing: Set<UUID>? = nil) {
    array("sources", sources) { json, source in
      json.object { json in
        json.field("number", source.number)
        json.field("document_id", source.documentID)
        json.field("chunk_id", source.chunkID)
        json.field("title", source.title)
        json.field("locator", source.locator)
        json.field("snippet", source.snippet)
        json.field("score", source.score)
        if let page = source.page { json.field("page", page) } else { json.null("page") }
        if let start = source.start, let end = source.end {
          json.field("start", start)
          json.field("end", end)
        }
        if let existing, !existing.contains(source.documentID) { json.field("removed", true) }
      }
    }
  }

  mutating func usage(_ key: StaticString, _ usage: TokenUsage) {
    object(key) { json in
      json.field("prompt_tokens", usage.promptTokens)
      json.field("completion_tokens", usage.completionTokens)
    }
  }

  mutating func timings(_ key: StaticString, _ timings: AnswerTimings) {
    object(key) { json in
      if let first = timings.firstTokenMS {
        json.field("first_token_ms", first)
      } else {
        json.null("first_token_ms")
      }
      json.field("total_ms", timings.totalMS)
    }
  }
}

extension Duration {
  var milliseconds: Double {
    Double(components.seconds) * 1_000 + Double(components.attoseconds) * 1e-15
  }
}
