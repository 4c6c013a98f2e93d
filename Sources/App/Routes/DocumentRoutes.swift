import Foundation
import Graph
import HTTPTypes
import Hummingbird
import NIOCore

/// The documents of the knowledge base: bringing them in, listing them, ending and trying again, deleting.
struct DocumentRoutes: Sendable {
  let services: KnowledgeServices
  let pages: WebPageFetcher?

  func add(to router: some RouterMethods<AppRequestContext>) {
    let upload = DocumentUpload(services: services, pages: pages)
    router.post("documents") { request, context in try await upload.receive(request, context) }
    router.get("documents") { request, _ in try await list(request) }
    router.get("documents/{id}") { _, context in try await show(context) }
    router.delete("documents/{id}") { _, context in try await delete(context) }
    router.post("documents/{id}/cancel") { _, context in
      try await change(context) { try await services.library.cancel(id: $0) }
    }
    router.post("documents/{id}/retry") { _, context in
      try await change(context) { try await services.library.retry(id: $0) }
    }
  }

  private func list(_ request: Request) async throws -> Response {
    var query = DocumentDirectory.Query()
    query.text = request.parameter("q")
    query.folder = request.parameter("folder")?.trimmingCharacters(in: ["/"])
    query.limit = try request.limit(default: 100, max: 500)
    query.cursor = request.parameter("cursor")
    if let status = request.parameter("status") {
      guard let status = DocumentState.Status(rawValue: status) else {
        let all = DocumentState.Status.allCases.map(\.rawValue).joined(separator: ", ")
        throw RequestError.invalid("status", "status must be one of \(all).")
      }
      query.status = status
    }
    let page = try await services.directory.list(query)
    let embedding = services.status.current
    return .json { json in
      json.array("documents", page.documents) { json, document in
        json.object { $0.fields(of: document) }
      }
      json.nextCursor(page.nextCursor)
      json.field("total", page.total)
      json.object("embedding") { $0.fields(of: embedding) }
    }
  }

  private func show(_ context: AppRequestContext) async throws -> Response {
    guard let state = try await services.newestState(of: context.uuid("id", of: "document")) else {
      throw RequestError.notFound("document")
    }
    return .json { $0.fields(of: state) }
  }

  private func delete(_ context: AppRequestContext) async throws -> Response {
    let id = try context.uuid("id", of: "document")
    do {
      try await services.library.delete(id: id)
    } catch let refusal as DocumentLibrary.Refusal {
      throw RequestError(refusal)
    }
    return Response(status: .noContent)
  }

  private func change(
    _ context: AppRequestContext, _ body: (UUID) async throws -> DocumentState
  ) async throws -> Response {
    let id = try context.uuid("id", of: "document")
    do {
      let state = try await body(id)
      return .json { $0.fields(of: state) }
    } catch let refusal as DocumentLibrary.Refusal {
      throw RequestError(refusal)
    }
  }
}

extension KnowledgeServices {
  /// The stored state, with the progress of what is being read.
  func newestState(of id: UUID) async throws -> DocumentState? {
    guard var state = try await directory.state(id: id) else { return nil }
    if state.status == .reading, let newest = progress.newest(of: id), newest.status == .reading {
      state.progress = newest.progress
    }
    return state
  }
}

extension RequestError {
  init(_ refusal: DocumentLibrary.Refusal) {
    switch refusal {
    case .notFound: self = .notFound("document")
    case .notInProgress:
      self.init(
        status: .conflict, code: "NOT_IN_PROGRESS",
        detail: "This document is not waiting and is not being read.")
    case .notFailed:
      self.init(
        status: .conflict, code: "NOT_FAILED",
        detail: "Only what failed or was cancelled can be tried again. This document did not.")
    }
  }

  /// What is wrong with a file, when the request was about that one alone.
  init(_ failure: IngestionFailure) {
    self.init(status: .unprocessableContent, code: failure.code.uppercased(), detail: failure.message)
  }
}

extension Request {
  /// A parameter of the query; `nil` when it is missing or empty.
  func parameter(_ name: String) -> String? {
    parameters(name).first
  }

  /// Every value of a parameter that may be repeated. A plus sign is a space, as forms and most clients write it.
  func parameters(_ name: String) -> [String] {
    (uri.query ?? "").split(separator: "&").compactMap { pair in
      let parts = pair.split(separator: "=", maxSplits: 1).map {
        $0.replacing("+", with: " ").removingPercentEncoding ?? String($0)
      }
      return parts.count == 2 && parts[0] == name ? parts[1] : nil
    }
  }

  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = parameter(name) else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw RequestError.invalid(
        name, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return value
  }
}
