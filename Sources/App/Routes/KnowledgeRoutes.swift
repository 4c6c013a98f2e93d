import Foundation
import Graph
import HTTPTypes
import Hummingbird
import NIOCore

/// The knowledge base: documents, and the search that the pipeline uses.
struct KnowledgeRoutes: Sendable {
  let store: any KnowledgeStore
  let reranker: any Reranker
  let settings: ChatGraph.Settings

  func add(to router: some RouterMethods<AppRequestContext>) {
    router.get("documents") { _, _ in try await documents() }
    router.delete("documents/{id}") { _, context in try await delete(context) }
    router.get("documents/{id}/events") { _, context in try await events(context) }
    router.get("search") { request, _ in try await search(request) }
  }

  private func documents() async throws -> Response {
    let documents = try await store.documents()
    return .json { json in
      json.array("documents", documents) { json, document in
        json.object { json in
          json.field("id", document.id)
          json.field("title", document.title)
          json.field("source", document.source)
          json.field("media_type", document.mediaType)
          json.field("byte_count", document.byteCount)
          json.field("chunk_count", document.chunkCount)
          json.field("created_at", WireTimestamp.string(document.createdAt))
          json.field("status", "ready")
        }
      }
    }
  }

  /// How far a document's ingestion is. Documents are stored whole, so the one event says that it is ready.
  private func events(_ context: AppRequestContext) async throws -> Response {
    guard let document = try await store.document(id: context.uuid("id", of: "document")) else {
      throw RequestError.notFound("document")
    }
    var writer = JSONWriter(into: ByteBuffer(string: "id: 1\ndata: "))
    writer.object { json in
      json.field("type", "ready")
      json.object("content") { json in
        json.field("document_id", document.id)
        json.field("chunk_count", document.chunkCount)
      }
    }
    var frame = writer.buffer
    frame.writeString("\n\n")
    return Response(
      status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache, no-transform"],
      body: ResponseBody(byteBuffer: frame))
  }

  private func delete(_ context: AppRequestContext) async throws -> Response {
    guard try await store.deleteDocument(id: context.uuid("id", of: "document")) else {
      throw RequestError.notFound("document")
    }
    return Response(status: .noContent)
  }

  /// The same two steps as the pipeline's, with everything they decided.
  private func search(_ request: Request) async throws -> Response {
    guard let query = request.uri.queryParameters["q"].map(String.init),
      !query.allSatisfy(\.isWhitespace), query.unicodeScalars.count <= ChatRequestBody.maxMessageLength
    else {
      throw RequestError.invalid(
        "q", "q must hold a question of 1 to \(ChatRequestBody.maxMessageLength) characters.")
    }
    let limit = try request.limit(default: settings.passageLimit, max: 100)
    let candidates = try await store.search(query, limit: max(settings.candidateLimit, limit))
    let ranked = try await reranker.rerank(query: query, candidates: candidates, limit: limit)
    let retrievalRanks = Dictionary(
      candidates.enumerated().map { ($1.chunk.id, $0 + 1) }, uniquingKeysWith: { first, _ in first })
    return .json { json in
      json.field("query", query)
      json.array("passages", ranked.enumerated()) { json, element in
        let (index, ranked) = element
        json.object { json in
          let chunk = ranked.passage.chunk
          json.field("document_id", chunk.documentID)
          json.field("chunk_id", chunk.id)
          json.field("title", ranked.passage.title)
          json.field("locator", ranked.passage.locator)
          json.field("snippet", Snippet.make(from: chunk.text))
          json.field("bm25_rank", retrievalRanks[chunk.id] ?? 0)
          json.field("bm25_score", ranked.passage.score)
          json.field("rerank_rank", index + 1)
          json.field("rerank_score", ranked.score)
          json.field("kept", ranked.isKept)
          json.field("reason", ranked.reason)
        }
      }
    }
  }
}
