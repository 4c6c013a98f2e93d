import Foundation
import Graph
import HTTPTypes
import Hummingbird

/// Conversations: list, read, rename, delete.
struct SessionRoutes: Sendable {
  static let defaultPageSize = 50
  static let maxPageSize = 200
  /// Characters of a title.
  static let maxTitleLength = 200

  let store: any ConversationStore
  let knowledge: any KnowledgeStore
  let runs: RunService

  func add(to router: some RouterMethods<AppRequestContext>) {
    router.get("sessions") { request, _ in try await list(request) }
    router.get("sessions/{id}") { _, context in try await read(context) }
    router.patch("sessions/{id}") { request, context in try await rename(request, context) }
    router.delete("sessions/{id}") { _, context in try await delete(context) }
    router.get("sessions/{id}/messages") { request, context in try await messages(request, context) }
  }

  private func list(_ request: Request) async throws -> Response {
    let limit = try request.limit(default: Self.defaultPageSize, max: Self.maxPageSize)
    let page = try await reading(request) { cursor in
      try await store.sessions(limit: limit, cursor: cursor)
    }
    return .json { json in
      json.array("sessions", page.sessions) { json, session in
        json.object { $0.fields(of: session) }
      }
      json.nextCursor(page.nextCursor)
    }
  }

  private func session(_ context: AppRequestContext) async throws -> Session {
    guard let session = try await store.session(id: context.uuid("id", of: "session")) else {
      throw RequestError.notFound("session")
    }
    return session
  }

  private func read(_ context: AppRequestContext) async throws -> Response {
    let session = try await session(context)
    let run = try await runs.activeRun(sessionID: session.id)
    return .json { json in
      json.fields(of: session)
      guard let run else { return json.null("active_run") }
      json.object("active_run") { json in
        json.field("run_id", run.runID)
        if let id = run.messageID { json.field("message_id", id) }
        if let id = run.parentID { json.field("parent_id", id) }
      }
    }
  }

  private struct RenameBody: Decodable {
    var title: String
  }

  private func rename(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try context.uuid("id", of: "session")
    let body = try await JSONBody.decode(RenameBody.self, from: request, context)
    let title = body.title.storable.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !title.isEmpty, title.count <= Self.maxTitleLength else {
      throw RequestError.invalid("title", "title must have 1 to \(Self.maxTitleLength) characters.")
    }
    guard let session = try await store.renameSession(id: id, title: title) else {
      throw RequestError.notFound("session")
    }
    return .json { $0.fields(of: session) }
  }

  private func delete(_ context: AppRequestContext) async throws -> Response {
    let id = try context.uuid("id", of: "session")
    try await runs.stopRun(sessionID: id)
    guard try await store.deleteSession(id: id) else { throw RequestError.notFound("session") }
    await runs.forget(sessionID: id)
    return Response(status: .noContent)
  }

  private func messages(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let session = try await session(context)
    let page = try await page(of: session.id, request)
    let messages = page.messages
    let cited = Set(messages.flatMap { ($0.answer?.sources ?? []).map(\.documentID) })
    let existing = cited.isEmpty ? [] : try await knowledge.existingDocuments(among: cited)
    return .json { json in
      json.array("messages", messages) { json, message in
        json.object { $0.fields(of: message, existing: existing) }
      }
      json.nextCursor(page.nextCursor)
    }
  }

  /// All messages, or with a `limit` so many of them from the end or before the cursor.
  private func page(of sessionID: UUID, _ request: Request) async throws -> MessagePage {
    let query = request.uri.queryParameters
    guard query["limit"] != nil || query["cursor"] != nil else {
      return MessagePage(messages: try await store.messages(sessionID: sessionID), nextCursor: nil)
    }
    let limit = try request.limit(default: Self.defaultPageSize, max: Self.maxPageSize)
    return try await reading(request) { cursor in
      try await store.messages(sessionID: sessionID, limit: limit, cursor: cursor)
    }
  }

  /// Reads a page from where the request's cursor says.
  private func reading<Page>(_ request: Request, _ read: (String?) async throws -> Page) async throws -> Page
  {
    do {
      return try await read(request.uri.queryParameters["cursor"].map(String.init))
    } catch let error as StoreError where error.code == .conflict {
      throw RequestError.invalid("cursor", "cursor is not one that this server gave out.")
    }
  }
}

extension Request {
  /// The `limit` of a list.
  func limit(default fallback: Int, max: Int) throws -> Int {
    guard let text = uri.queryParameters["limit"] else { return fallback }
    guard let limit = Int(text), (1...max).contains(limit) else {
      throw RequestError.invalid("limit", "limit must be a number from 1 to \(max).")
    }
    return limit
  }
}

extension JSONWriter {
  /// Where the next page of a list begins.
  mutating func nextCursor(_ cursor: String?) {
    if let cursor { field("next_cursor", cursor) } else { null("next_cursor") }
  }

  fileprivate mutating func fields(of session: Session) {
    field("id", session.id)
    field("title", session.title)
    field("created_at", WireTimestamp.string(session.createdAt))
    field("updated_at", WireTimestamp.string(session.updatedAt))
  }

  /// - Parameter existing: which of the documents that answers cite are still there.
  fileprivate mutating func fields(of message: Message, existing: Set<UUID>) {
    field("id", message.id)
    field("session_id", message.sessionID)
    if let parentID = message.parentID { field("parent_id", parentID) } else { null("parent_id") }
    field("role", message.role.rawValue)
    field("content", message.content)
    field("status", message.status.rawValue)
    field("created_at", WireTimestamp.string(message.createdAt))
    if let answer = message.answer { fields(of: answer, existing: existing) }
  }

  private mutating func fields(of answer: AnswerDetails, existing: Set<UUID>) {
    field("run_id", answer.runID)
    field("provider", answer.model.provider)
    field("model", answer.model.model)
    sources(answer.sources, existing: existing)
    if let usage = answer.usage { self.usage("usage", usage) } else { null("usage") }
    if let timings = answer.timings { self.timings("timings", timings) } else { null("timings") }
    if let reason = answer.finishReason { field("finish_reason", reason) } else { null("finish_reason") }
    guard let code = answer.errorCode else { return null("error") }
    object("error") { json in
      json.field("code", code)
      json.field("message", answer.errorMessage ?? "")
      json.field("retryable", RunFailure.Code(rawValue: code)?.isRetryable ?? true)
    }
  }
}
