import Graph
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Liveness, readiness and metrics.
struct HealthRoutes: Sendable {
  let model: any LanguageModel
  let knowledge: any KnowledgeStore
  let documents: KnowledgeServices
  let isMember: @Sendable () -> Bool
  let runMetrics: RunMetrics
  let httpMetrics: HTTPMetrics

  func add(to router: some RouterMethods<AppRequestContext>) {
    router.get("health") { _, _ in
      Response.json { json in
        json.field("status", "ok")
        json.field("version", RillVersion.current)
        json.object("embedding") { $0.fields(of: documents.status.current) }
      }
    }
    router.get("ready") { _, context in await ready(context) }
    router.get("metrics") { _, _ in try await metrics() }
  }

  private func ready(_ context: AppRequestContext) async -> Response {
    var documents = 0
    let store = await check("The store answers.", context) {
      // One that is cut off need not be waited for.
      guard isMember() else { throw StoreError(.unavailable, RequestError.cutOff.detail) }
      documents = try await knowledge.documentCount()
    }
    let model = await check("The model answers.", context) { try await self.model.checkAvailability() }
    let isReady = store.isOK && model.isOK
    return .json(status: isReady ? .ok : .serviceUnavailable) { json in
      json.field("status", isReady ? "ready" : "unavailable")
      json.field("provider", self.model.descriptor.provider)
      json.field("model", self.model.descriptor.model)
      json.object("checks") { json in
        json.object("store") { $0.fields(of: store) }
        json.object("model") { $0.fields(of: model) }
      }
      json.field("documents", documents)
    }
  }

  fileprivate struct Check {
    var isOK: Bool
    var message: String
  }

  private func check(
    _ success: String, _ context: AppRequestContext, _ probe: () async throws -> Void
  ) async -> Check {
    do {
      try await probe()
      return Check(isOK: true, message: success)
    } catch {
      context.logger.warning("Readiness check failed", metadata: ["error": "\(error)"])
      let message =
        (error as? ModelError)?.message ?? (error as? StoreError)?.message ?? "The check failed."
      return Check(isOK: false, message: message)
    }
  }

  private func metrics() async throws -> Response {
    var text = ""
    runMetrics.write(to: &text)
    httpMetrics.write(to: &text)
    documents.metrics.write(try await documents.counts(), to: &text)
    return Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}

extension JSONWriter {
  fileprivate mutating func fields(of check: HealthRoutes.Check) {
    field("ok", check.isOK)
    field("message", check.message)
  }
}
