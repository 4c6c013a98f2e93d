import Foundation
import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("A reranking server", .timeLimit(.minutes(1)))
struct RerankEndpointTests {
  private static let cohere =
    #"{"id":"1","results":[{"index":2,"relevance_score":0.9}, "#
    + #"{"index":0,"relevance_score":0.25},{"index":1,"relevance_score":-0.0004}],"meta":{}}"#

  @Test(
    "orders the passages by its scores, in every shape in use",
    arguments: [
      cohere,
      #"{"model":"m","object":"list","results":[{"index":0,"relevance_score":0.25},"#
        + #"{"index":1,"relevance_score":-0.0004},{"index":2,"relevance_score":0.9,"document":{"text":"x"}}]}"#,
      #"[{"index":2,"score":0.9},{"index":0,"score":0.25},{"index":1,"score":-0.0004}]"#,
      #"{"object":"list","data":[{"relevance_score":0.9,"index":2},{"relevance_score":0.25,"index":0},"#
        + #"{"relevance_score":-0.0004,"index":1}]}"#,
    ])
  func shapes(body: String) async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.respond(200, body: body)
    } run: { upstream in
      let ranked = try await rank(at: upstream.baseURL, limit: 2)
      #expect(ranked.map(\.passage.chunk.text) == ["third", "first", "second"])
      #expect(ranked.map(\.score) == [0.9, 0.25, -0.0004])
      #expect(ranked.map(\.isKept) == [true, true, false])
      #expect(
        ranked.map(\.reason) == [
          "the reranking model gives it 0.900", "the reranking model gives it 0.250",
          "the reranking model gives it 0.000; below the limit of 2",
        ])
    }
  }

  @Test("is asked with the model, the question, the texts under their titles, and the key")
  func request() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.respond(200, body: Self.cohere)
    } run: { upstream in
      _ = try await rank(at: upstream.baseURL, model: "rerank-1", apiKey: "key-1")
      let request = try #require(upstream.requests.first)
      #expect(request.method == "POST")
      #expect(request.path == "/v1/rerank")
      #expect(request.headers["authorization"] == "Bearer key-1")
      let body = try #require(
        try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
      #expect(body["model"] as? String == "rerank-1")
      #expect(body["query"] as? String == "which?")
      #expect(body["documents"] as? [String] == ["Notes\nfirst", "Notes\nsecond", "Notes\nthird"])
      #expect(body["top_n"] as? Int == 3)
      #expect(body["texts"] == nil)
    }
  }

  @Test("without a version in its address is asked in the shape of Text Embeddings Inference, too")
  func unversioned() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.respond(
        200, body: #"[{"index":0,"score":1},{"index":1,"score":2},{"index":2,"score":3}]"#)
    } run: { upstream in
      _ = try await rank(at: "http://127.0.0.1:\(upstream.port)/rerank")
      let request = try #require(upstream.requests.first)
      #expect(request.path == "/rerank")
      let body = try #require(
        try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
      #expect((body["texts"] as? [String])?.count == 3)
      #expect(body["truncate"] as? Bool == true)
      #expect(body["model"] == nil)
    }
  }

  @Test(
    "has an address that may leave out what is always the same",
    arguments: [
      ("http://host", "http://host/v1/rerank"), ("http://host:8080/", "http://host:8080/v1/rerank"),
      ("https://host/v1", "https://host/v1/rerank"), ("https://host/v2/", "https://host/v2/rerank"),
      ("https://host/api/v1/rerank", "https://host/api/v1/rerank"),
      ("http://host/rerank", "http://host/rerank"),
      (" https://host/v1/rerank?x=1 ", "https://host/v1/rerank?x=1"),
    ])
  func address(written: String, url: String) {
    #expect(RerankAddress(written)?.url == url)
  }

  @Test(
    "needs an absolute address",
    arguments: ["", "host", "ftp://host/v1", "http://", "/v1/rerank", "http:///x"])
  func badAddress(written: String) {
    #expect(RerankAddress(written) == nil)
  }

  @Test(
    "whose answer is not one score for each passage is an error",
    arguments: [
      "", "null", "{}", "[]", #"{"results":[]}"#, #"{"results":[{"index":0,"relevance_score":1}]}"#,
      #"{"results":[{"index":0,"score":1},{"index":0,"score":1},{"index":1,"score":1}]}"#,
      #"{"results":[{"index":0,"score":1},{"index":3,"score":1},{"index":1,"score":1}]}"#,
      #"{"results":[{"index":-1,"score":1},{"index":2,"score":1},{"index":1,"score":1}]}"#,
      #"{"results":[{"index":0},{"index":2},{"index":1}]}"#,
    ])
  func malformed(body: String) async throws {
    let error = try await failure { try await $0.respond(200, body: body) }
    #expect(error.code == .unavailable)
  }

  @Test(
    "that refuses says why, without the key",
    arguments: [(401, ModelError.Code.rejected), (500, .unavailable)])
  func status(status: Int, code: ModelError.Code) async throws {
    let error = try await failure {
      try await $0.respond(status, body: #"{"message":"the key key-1 is not known"}"#)
    }
    #expect(error.code == code)
    #expect(!error.description.contains("key-1"))
  }

  @Test("that takes too long is an error")
  func timeout() async throws {
    let error = try await failure(timeout: .milliseconds(50)) { try await $0.hang() }
    #expect(error.code == .unavailable)
  }

  @Test("reads no more than the first fifty; the others follow in their order, dropped")
  func many() async throws {
    try await withScriptedUpstream { request, answer in
      let results = (0..<50).map { "{\"index\":\($0),\"relevance_score\":\($0)}" }.joined(separator: ",")
      try await answer.respond(200, body: "{\"results\":[\(results)]}")
    } run: { upstream in
      let texts = (0..<60).map { "text \($0)" }
      let ranked = try await rank(at: upstream.baseURL, texts: texts, limit: 99)
      #expect(ranked.map(\.passage.chunk.text) == texts.prefix(50).reversed() + texts.dropFirst(50))
      #expect(ranked.count { $0.isKept } == 50)
      #expect(ranked.map(\.score) == ranked.map(\.score).sorted(by: >))
    }
  }

  @Test("is not asked about nothing")
  func empty() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.respond(500)
    } run: { upstream in
      let ranked = try await rank(at: upstream.baseURL, texts: [])
      #expect(ranked.isEmpty)
      #expect(upstream.requests.isEmpty)
    }
  }

  private func failure(
    timeout: Duration = .seconds(20),
    script: @escaping @Sendable (ScriptedUpstream.Answer) async throws -> Void
  ) async throws -> ModelError {
    try await withScriptedUpstream { _, answer in
      try await script(answer)
    } run: { upstream in
      do {
        _ = try await rank(at: upstream.baseURL, apiKey: "key-1", timeout: timeout)
      } catch let error as ModelError {
        return error
      }
      throw NoFailure()
    }
  }

  private struct NoFailure: Error {}
}

private func rank(
  at url: String, model: String? = nil, apiKey: String? = nil,
  texts: [String] = ["first", "second", "third"],
  limit: Int = 6, timeout: Duration = .seconds(20)
) async throws -> [RankedPassage] {
  let transport = try HTTPTransport()
  do {
    let endpoint = try #require(
      RerankEndpoint(
        url: url, model: model, apiKey: apiKey.map { Secret($0) }, transport: transport, timeout: timeout))
    let candidates = texts.map { text in
      Candidate(
        passage: Passage(
          chunk: Chunk(
            id: UUID(), documentID: UUID(), ordinal: 0, headings: [], text: text,
            byteRange: 0..<text.utf8.count),
          title: "Notes", source: "notes.md", score: 1))
    }
    let ranked = try await endpoint.rerank(
      RerankRequest(query: "which?", candidates: candidates, limit: limit))
    await transport.close()
    return ranked
  } catch {
    await transport.close()
    throw error
  }
}
