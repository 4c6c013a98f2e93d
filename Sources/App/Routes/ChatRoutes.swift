import Foundation
import Graph
import HTTPTypes
import Hummingbird
import NIOCore

/// `POST /chat`, `POST /chat/stream` and what concerns a run.
struct ChatRoutes: Sendable {
  let runs: RunService
  let store: any ConversationStore
  let metrics: RunMetrics
  let streams: EventStreamResponse

  init(runs: RunService, store: any ConversationStore, metrics: RunMetrics) {
    self.runs = runs
    self.store = store
    self.metrics = metrics
    streams = EventStreamResponse(runs: runs, metrics: metrics)
  }

  func add(to router: some RouterMethods<AppRequestContext>) {
    router.post("chat/stream") { request, context in try await stream(request, context) }
    router.post("chat") { request, context in try await answer(request, context) }
    router.get("chat/runs/{id}") { _, context in try await status(context) }
    router.get("chat/runs/{id}/stream") { request, context in try await resume(request, context) }
    router.post("chat/runs/{id}/continue") { request, context in try await proceed(request, context) }
    router.post("chat/runs/{id}/stop") { _, context in try await stop(context) }
  }

  // MARK: Streams

  private func stream(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await response(context) {
      let body = try await ChatRequestBody.decode(request, context)
      return try await runs.start(body.runRequest(client: context.clientAddress))
    }
  }

  private func resume(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try context.uuid("id", of: "run")
    let position = try position(request)
    return try await response(context) { try await runs.attach(runID: id, after: position) }
  }

  /// Takes up the answer of an interrupted run in a new run, and streams it.
  private func proceed(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try context.uuid("id", of: "run")
    return try await response(context) {
      let body = try await JSONBody.decode(ContinuationBody.self, from: request, context)
      return try await runs.continueRun(id, as: body.runID, client: context.clientAddress)
    }
  }

  /// Finds the reader in a task of its own: what that takes is given back before the stream begins.
  private func response(
    _ context: AppRequestContext, _ reader: @escaping @Sendable () async throws -> RunReader
  ) async throws -> Response {
    await streams.response(try await inOwnTask(reader), context)
  }

  /// The id of the last event that the client has: the header wins, because a browser's own reconnection sets it.
  private func position(_ request: Request) throws -> Int {
    let header = request.headers[.lastEventID]
    guard let text = header ?? request.uri.queryParameters["after"].map(String.init), !text.isEmpty else {
      return 0
    }
    guard let position = Int(text), position >= 0 else {
      throw RequestError.invalid(
        header == nil ? "after" : "Last-Event-ID", "The position in a stream is a number, 0 or more.")
    }
    return position
  }

  // MARK: The blocking answer

  private func answer(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let body = try await ChatRequestBody.decode(request, context)
    let lease = ReaderLease(
      try await runs.start(body.runRequest(client: context.clientAddress)), runs: runs, metrics: metrics)
    let presence = await context.channel.clientPresence()
    let watch = presence?.onGone { lease.reader.detach() }
    defer {
      if let watch { presence?.forget(watch) }
      lease.end()
    }
    await lease.reader.waitForEnd()
    guard let terminal = lease.reader.terminalEvent, let messageID = terminal.messageID,
      let message = try await store.message(id: messageID)
    else { throw RequestError.notFound("message") }
    return try BlockingAnswer(message: message, terminal: terminal).response()
  }

  // MARK: Runs

  private func status(_ context: AppRequestContext) async throws -> Response {
    let id = try context.uuid("id", of: "run")
    let status = try await runs.status(runID: id)
    return .json { json in
      json.field("run_id", id)
      json.field("session_id", status.sessionID)
      if let id = status.messageID { json.field("message_id", id) }
      if let id = status.parentID { json.field("parent_id", id) }
      json.field("status", status.status.rawValue)
      json.field("last_event_id", status.lastEventID)
      json.field("token_count", status.tokenCount)
    }
  }

  private func stop(_ context: AppRequestContext) async throws -> Response {
    let receipt = try await runs.stop(runID: try context.uuid("id", of: "run"))
    return .json { json in
      json.field("run_id", receipt.runID)
      json.field("status", receipt.status.rawValue)
      json.field("last_event_id", receipt.lastEventID)
      json.field("token_count", receipt.tokenCount)
      json.field("stopped_in_ms", receipt.stoppedIn.milliseconds)
    }
  }
}
