import Foundation
import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("OpenAI-compatible embeddings", .timeLimit(.minutes(1)))
struct OpenAIEmbedderTests {
  struct Body: Decodable {
    let model: String
    let input: [String]
    let encodingFormat: String

    enum CodingKeys: String, CodingKey {
      case model, input
      case encodingFormat = "encoding_format"
    }
  }

  /// Embeds each text as (its length, 3), in reversed order, so that only the index tells what is whose.
  private static func answer(_ body: Body) -> String {
    let entries = body.input.enumerated().reversed().map { index, text in
      #"{"object":"embedding","index":\#(index),"embedding":[\#(text.count),3.0]}"#
    }
    return #"{"object":"list","data":[\#(entries.joined(separator: ","))],"usage":{"prompt_tokens":1}}"#
  }

  private static func respond(_ request: ScriptedUpstream.Request, _ answer: ScriptedUpstream.Answer)
    async throws
  {
    let body = try JSONDecoder().decode(Body.self, from: Data(request.body))
    try await answer.respond(200, body: Self.answer(body))
  }

  private func withEmbedder<Result: Sendable>(
    apiKey: String? = nil, clock: any Clock<Duration> = ContinuousClock(),
    script: @escaping ScriptedUpstream.Script = respond,
    run body: @escaping @Sendable (OpenAIEmbedder, ScriptedUpstream) async throws -> Result
  ) async throws -> Result {
    try await withScriptedUpstream(script) { upstream in
      try await withTransport { transport in
        let endpoint = try #require(
          OpenAIEndpoint(baseURL: upstream.baseURL, apiKey: apiKey.map { Secret($0) }))
        let embedder = try await OpenAIEmbedder.connect(
          to: endpoint, model: "small", transport: transport, clock: clock)
        return try await body(embedder, upstream)
      }
    }
  }

  /// Answers the first request, which asks for the dimension; the script sees the others, from 0.
  private func afterProbe(
    _ script:
      @escaping @Sendable (Int, ScriptedUpstream.Request, ScriptedUpstream.Answer) async throws -> Void
  ) -> ScriptedUpstream.Script {
    let count = Counter()
    return { request, answer in
      let number = count.increment()
      if number == 1 { return try await Self.respond(request, answer) }
      try await script(number - 2, request, answer)
    }
  }

  private func failure(_ embedder: OpenAIEmbedder, _ purpose: EmbeddingPurpose = .query) async throws
    -> ModelError
  {
    do {
      _ = try await embedder.embed([EmbeddingInput("text")], for: purpose)
    } catch let error as ModelError {
      return error
    }
    throw UnexpectedSuccess()
  }

  @Test("asks as the API wants it, learns the dimension and puts vectors in order, with length 1")
  func embeds() async throws {
    try await withEmbedder(apiKey: "sk-key") { embedder, upstream in
      #expect(embedder.descriptor == EmbedderDescriptor(id: "openai:small/2", dimension: 2))
      let vectors = try await embedder.embed(
        [EmbeddingInput("four"), EmbeddingInput(""), EmbeddingInput(" \n"), EmbeddingInput("x")],
        for: .passage)
      #expect(vectors.map(\.vector.count) == [2, 2, 2, 2])
      #expect(abs(vectors[0].vector[0] - 0.8) < 1e-6 && abs(vectors[0].vector[1] - 0.6) < 1e-6)
      #expect(vectors[1].vector == [0, 0] && vectors[2].vector == [0, 0])
      #expect(abs(vectors[3].vector[0] - 1 / Float(10).squareRoot()) < 1e-6)
      #expect(vectors.map(\.spans) == [[], [], [], []])
      let request = upstream.requests[1]
      #expect(request.method == "POST" && request.path == "/v1/embeddings")
      #expect(request.headers["authorization"] == "Bearer sk-key")
      let body = try JSONDecoder().decode(Body.self, from: Data(request.body))
      #expect(body.model == "small" && body.input == ["four", "x"] && body.encodingFormat == "float")
    }
  }

  @Test("makes batches of at most 64 texts and 256 kB")
  func batches() async throws {
    try await withEmbedder { embedder, upstream in
      let many = (0..<150).map { EmbeddingInput(String(repeating: "x", count: $0 + 1)) }
      let vectors = try await embedder.embed(many, for: .passage)
      for (index, embedding) in vectors.enumerated() {
        #expect(abs(embedding.vector[0] / embedding.vector[1] - Float(index + 1) / 3) < 1e-3)
      }
      let long = (0..<3).map { _ in EmbeddingInput(String(repeating: "x", count: 120_000)) }
      _ = try await embedder.embed(long, for: .passage)
      let sizes = try upstream.requests.dropFirst().map {
        try JSONDecoder().decode(Body.self, from: Data($0.body)).input.count
      }
      #expect(sizes == [64, 64, 22, 2, 1])
    }
  }

  @Test("waits as long as the server asks and tries again", arguments: [429, 500, 503])
  func retries(status: Int) async throws {
    let clock = ManualClock()
    let script = afterProbe { number, request, answer in
      if number > 0 { return try await Self.respond(request, answer) }
      try await answer.respond(status, ["retry-after": "7"], body: #"{"error":{"message":"busy"}}"#)
    }
    try await withEmbedder(clock: clock, script: script) { embedder, upstream in
      async let embeddings = embedder.embed([EmbeddingInput("four")], for: .query)
      try await clock.waitForSleepers(count: 1)
      clock.advance(by: .milliseconds(6999))
      #expect(upstream.requests.count == 2)
      clock.advance(by: .milliseconds(1))
      let count = try await embeddings.count
      #expect(count == 1)
      #expect(upstream.requests.count == 3)
    }
  }

  @Test("gives up in the end: soon for a query, later for passages, with pauses that double")
  func givesUp() async throws {
    let clock = ManualClock()
    let script = afterProbe { _, _, answer in try await answer.respond(500, body: "oh") }
    try await withEmbedder(clock: clock, script: script) { embedder, upstream in
      for (purpose, pauses) in [(EmbeddingPurpose.query, [500]), (.passage, [500, 1000, 2000, 4000, 8000])] {
        async let failed = failure(embedder, purpose)
        for pause in pauses {
          try await clock.waitForSleepers(count: 1)
          clock.advance(by: .milliseconds(pause))
        }
        let error = try await failed
        #expect(error.code == .unavailable)
        #expect(error.message.hasPrefix("No embeddings could be made. "))
      }
      #expect(upstream.requests.count == 1 + 2 + 6)
    }
  }

  @Test("does not try again what cannot succeed", arguments: [400, 401, 404])
  func noRetry(status: Int) async throws {
    let script = afterProbe { _, _, answer in
      try await answer.respond(status, body: #"{"error":{"message":"bad key sk-secret"}}"#)
    }
    try await withEmbedder(apiKey: "sk-secret", script: script) { embedder, upstream in
      let error = try await failure(embedder, .passage)
      #expect(error.code == .rejected)
      #expect(!"\(error)".contains("sk-secret"))
      #expect(upstream.requests.count == 2)
    }
  }

  @Test("a server that asks for too much patience is left alone")
  func tooLongPause() async throws {
    let script = afterProbe { _, _, answer in
      try await answer.respond(429, ["retry-after": "3600"], body: "{}")
    }
    try await withEmbedder(clock: ManualClock(), script: script) { embedder, _ in
      let error = try await failure(embedder, .passage)
      #expect(error.code == .rateLimited && error.retryAfter == .seconds(3600))
    }
  }

  @Test(
    "an answer without the embeddings that were asked for is an error",
    arguments: [
      #"{"data":[]}"#, #"{"data":[{"index":0,"embedding":[1,2,3]}]}"#,
      #"{"data":[{"index":1,"embedding":[1,2]}]}"#,
      #"{"data":[{"index":0,"embedding":[1,2]},{"index":0,"embedding":[1,2]}]}"#,
      #"{"data":[{"index":0,"embedding":[0,0]}]}"#, #"{"data":[{"index":0,"embedding":[1e39,2]}]}"#,
      #"{"data":[{"index":0,"embedding":"AACAPw=="}]}"#, #"{"data":[{"index":0,"embedding":[1,2]}]"#,
      "<html>", "",
    ])
  func malformed(body: String) async throws {
    let script = afterProbe { _, _, answer in try await answer.respond(200, body: body) }
    try await withEmbedder(script: script) { embedder, upstream in
      let error = try await failure(embedder)
      #expect(error.code == .rejected && error.detail != nil)
      #expect(upstream.requests.count == 2)
    }
  }

  @Test("cancelling closes the connection")
  func cancellation() async throws {
    let isAsked = OneTimeSignal<Void>()
    let script = afterProbe { _, _, answer in
      isAsked.fire()
      try await answer.hang()
    }
    try await withEmbedder(script: script) { embedder, upstream in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          await #expect(throws: CancellationError.self) {
            try await embedder.embed([EmbeddingInput("text")], for: .passage)
          }
        }
        try await isAsked.value()
        group.cancelAll()
      }
      _ = try await upstream.request(1).connection.closed()
    }
  }

  @Test("without a server the embedder cannot be made, and says so")
  func noServer() async throws {
    try await withTransport { transport in
      let endpoint = try #require(OpenAIEndpoint(baseURL: "http://127.0.0.1:9/v1"))
      let clock = ManualClock()
      async let failed = #expect(throws: ModelError.self) {
        try await OpenAIEmbedder.connect(to: endpoint, model: "m", transport: transport, clock: clock)
      }
      try await clock.waitForSleepers(count: 1)
      clock.advance(by: .seconds(1))
      let error = await failed
      #expect(error?.message.contains("does not answer") == true)
    }
  }
}
