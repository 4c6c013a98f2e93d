import Foundation
import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("OpenAI-compatible model: errors", .timeLimit(.minutes(1)))
struct OpenAIErrorTests {
  struct StatusRow: Sendable, CustomTestStringConvertible {
    let status: Int
    let body: String
    let code: ModelError.Code

    var testDescription: String { "\(status) \(body.prefix(60)) → \(code)" }
  }

  @Test(
    "a status becomes its code",
    arguments: [
      StatusRow(status: 400, body: #"{"error":{"message":"bad"}}"#, code: .rejected),
      StatusRow(status: 401, body: #"{"error":{"message":"wrong key sk-abc***9"}}"#, code: .rejected),
      StatusRow(status: 403, body: "", code: .rejected),
      StatusRow(status: 404, body: #"{"error":"model 'x' not found"}"#, code: .rejected),
      StatusRow(status: 422, body: #"{"detail":"x"}"#, code: .rejected),
      StatusRow(status: 301, body: "", code: .rejected),
      StatusRow(status: 408, body: "", code: .unavailable),
      StatusRow(status: 429, body: "slow down", code: .rateLimited),
      StatusRow(status: 500, body: "<html>", code: .unavailable),
      StatusRow(status: 502, body: "", code: .unavailable),
      StatusRow(status: 503, body: #"{"error":{"message":"loading model"}}"#, code: .unavailable),
      StatusRow(
        status: 400, body: #"{"error":{"message":"x","code":"context_length_exceeded"}}"#,
        code: .contextTooLong),
      StatusRow(
        status: 400,
        body:
          #"{"object":"error","message":"This model's maximum context length is 4096 tokens.","code":400}"#,
        code: .contextTooLong),
      StatusRow(
        status: 400, body: #"{"error":{"code":400,"message":"m","type":"exceed_context_size_error"}}"#,
        code: .contextTooLong),
      StatusRow(
        status: 500, body: #"{"error":{"message":"maximum context length"}}"#, code: .unavailable),
    ])
  func status(row: StatusRow) async throws {
    try await withOpenAIModel(apiKey: "sk-very-secret") { _, answer in
      try await answer.respond(row.status, body: row.body)
    } run: { model, upstream in
      let error = try await model.failure()
      #expect(error.code == row.code)
      expectHarmless(error, upstream)
      #expect(error.detail?.contains("\(row.status)") == true)
      #expect(upstream.requests.count == 1)
    }
  }

  @Test(
    "429 says how long to wait",
    arguments: [
      (["retry-after": "7"], Duration.seconds(7)),
      (["retry-after": "1.5"], .seconds(1.5)),
      (["retry-after": "Tue, 14 Nov 2023 22:13:30 GMT"], .seconds(10)),
      (["retry-after": "Tue, 14 Nov 2023 22:00:00 GMT"], .zero),
      (["retry-after-ms": "250", "retry-after": "9"], .milliseconds(250)),
      (["retry-after": "-3"], .zero),
      (["retry-after": "999999999"], .seconds(86_400)),
      (["retry-after": "soon"], nil),
      ([:], nil),
    ] as [([String: String], Duration?)])
  func retryAfter(headers: [String: String], expected: Duration?) async throws {
    try await withOpenAIModel { _, answer in
      try await answer.respond(429, headers, body: "{}")
    } run: { model, _ in
      let error = try await model.failure()
      #expect(error.code == .rateLimited)
      #expect(error.retryAfter == expected)
    }
  }

  @Test("a body of an error is read only up to a bound")
  func hugeErrorBody() async throws {
    try await withOpenAIModel { _, answer in
      try await answer.head(500, ["content-type": "text/plain"])
      while true { try await answer.send([UInt8](repeating: UInt8(ascii: "x"), count: 4096)) }
    } run: { model, _ in
      let error = try await model.failure()
      #expect(error.code == .unavailable)
      #expect((error.detail?.count ?? 0) < 600)
    }
  }

  struct BrokenRow: Sendable, CustomTestStringConvertible {
    let name: String
    var text = ""
    var code = ModelError.Code.unavailable
    let script: @Sendable (ScriptedUpstream.Answer) async throws -> Void

    var testDescription: String { name }
  }

  @Test(
    "a response that is broken becomes its code, after what came before it",
    arguments: [
      BrokenRow(name: "closed before the head") { try await $0.cut() },
      BrokenRow(name: "reset before the head") { try await $0.reset() },
      BrokenRow(name: "closed after the head") {
        try await $0.streamHead()
        try await $0.cut()
      },
      BrokenRow(name: "closed in mid-stream", text: "Hello") {
        try await $0.streamHead()
        try await $0.token("Hello")
        try await $0.cut()
      },
      BrokenRow(name: "ended in mid-stream, well-formed as HTTP", text: "Hello") {
        try await $0.streamHead()
        try await $0.token("Hello")
        try await $0.finish()
      },
      BrokenRow(name: "closed in the middle of a character", text: "Hello") {
        try await $0.streamHead()
        try await $0.token("Hello")
        let frame = Array(ScriptedUpstream.Answer.tokenFrame("🙂").utf8)
        try await $0.send(Array(frame.prefix(frame.firstIndex(of: 0xF0)! + 2)))
        try await $0.cut()
      },
      BrokenRow(name: "a frame that is not JSON", text: "Hello") {
        try await $0.streamHead()
        try await $0.token("Hello")
        try await $0.send("data: {\"choices\":[{\"delta\":{\"content\":\"cut}\n\n")
        try await $0.hang()
      },
      BrokenRow(name: "a frame of 10 MB", text: "Hello") {
        try await $0.streamHead()
        try await $0.token("Hello")
        try await $0.send(ScriptedUpstream.Answer.tokenFrame(String(repeating: "x", count: 10_000_000)))
        try await $0.hang()
      },
      BrokenRow(name: "a page of HTML") {
        try await $0.respond(200, body: "<html>Welcome</html>", type: "text/html")
      },
      BrokenRow(name: "plain JSON that is cut") {
        try await $0.respond(200, body: #"{"choices":[{"message":{"content":"Hel"#)
      },
      BrokenRow(name: "a list where an answer should be") { try await $0.respond(200, body: "[]") },
      BrokenRow(name: "an empty body") { try await $0.respond(200, body: "") },
      BrokenRow(name: "an error in the stream", text: "Hello") {
        try await $0.streamHead()
        try await $0.token("Hello")
        try await $0.send(
          ScriptedUpstream.Answer.frame(#"{"error":{"message":"GPU on fire","type":"server_error"}}"#))
        try await $0.finish()
      },
      BrokenRow(name: "a rate limit in the stream", code: .rateLimited) {
        try await $0.streamHead()
        try await $0.send(ScriptedUpstream.Answer.frame(#"{"error":{"code":429,"message":"slow"}}"#))
        try await $0.finish()
      },
      BrokenRow(name: "a context error in the stream", code: .contextTooLong) {
        try await $0.streamHead()
        try await $0.send(
          ScriptedUpstream.Answer.frame(#"{"error":{"code":"context_length_exceeded","message":"m"}}"#))
        try await $0.finish()
      },
      BrokenRow(name: "a wrong key in a 200 body", code: .rejected) {
        try await $0.respond(200, body: #"{"error":{"code":"invalid_api_key","message":"no"}}"#)
      },
    ])
  func broken(row: BrokenRow) async throws {
    try await withOpenAIModel(apiKey: "sk-very-secret") { _, answer in
      try await row.script(answer)
    } run: { model, upstream in
      let recorder = EventRecorder()
      let error = try await model.failure(into: recorder)
      #expect(error.code == row.code)
      #expect(recorder.text == row.text)
      expectHarmless(error, upstream)
      #expect(upstream.requests.count == 1)
    }
  }

  @Test("a reset in mid-stream is unavailable")
  func resetInMidStream() async throws {
    let isRead = OneTimeSignal<Void>()
    try await withOpenAIModel { _, answer in
      try await answer.streamHead()
      try await answer.token("Hello")
      // A reset throws away what the client has not read.
      try await isRead.value()
      try await answer.reset()
    } run: { model, upstream in
      let error = await #expect(throws: ModelError.self) {
        try await model.respond(to: ModelRequest(messages: [], question: "")) { event in
          if event == .text("Hello") { isRead.fire() }
        }
      }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("nobody listens, no such name, no TLS, no URL")
  func unreachable() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.hang()
    } run: { upstream in
      // A name server that is not there does not answer either.
      try await withTransport(.init(connectTimeout: .milliseconds(500))) { transport in
        for (url, code) in [
          ("http://127.0.0.1:1/v1", ModelError.Code.unavailable),
          ("http://name.invalid/v1", .unavailable),
          ("https://127.0.0.1:\(upstream.port)/v1", .unavailable),
          ("http://host name/v1", .rejected),
        ] {
          guard let endpoint = OpenAIEndpoint(baseURL: url) else {
            #expect(url.contains(" "))
            continue
          }
          let error = try await OpenAIModel(endpoint: endpoint, model: "m", transport: transport).failure()
          #expect(error.code == code)
          expectHarmless(error, upstream)
        }
      }
    }
  }

  @Test("a request is never sent twice, not even when an idle connection turns out to be dead")
  func neverTwice() async throws {
    try await withOpenAIModel { request, answer in
      guard request.connection.number == 0, request.bodyText.contains("second") else {
        return try await answer.stream(tokens: ["ok"])
      }
      try await answer.cut()
    } run: { model, upstream in
      try await model.answer("first", into: EventRecorder())
      await #expect(throws: ModelError.self) { try await model.answer("second", into: EventRecorder()) }
      #expect(upstream.requests.map(\.connection.number) == [0, 0])
    }
  }

  @Test("availability is a list of models")
  func availability() async throws {
    try await withOpenAIModel { request, answer in
      request.headers["authorization"] == nil ? try await answer.models(["m"]) : try await answer.respond(401)
    } run: { model, upstream in
      try await model.checkAvailability()
      #expect(upstream.requests.map(\.path) == ["/v1/models"])
    }
    try await withOpenAIModel(apiKey: "sk-x") { request, answer in
      try await answer.respond(401)
    } run: { model, _ in
      let error = await #expect(throws: ModelError.self) { try await model.checkAvailability() }
      #expect(error?.code == .rejected)
    }
  }

  /// What the user reads holds no key and no address, and what the log gets no key.
  private func expectHarmless(_ error: ModelError, _ upstream: ScriptedUpstream) {
    #expect(error.message.hasSuffix("."))
    for forbidden in ["sk-", "127.0.0.1", "\(upstream.port)", "/v1", "http"] {
      #expect(!error.message.contains(forbidden))
    }
    #expect(error.detail?.contains("sk-") != true)
  }
}
