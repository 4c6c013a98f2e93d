import Foundation
import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("OpenAI-compatible model: answers", .timeLimit(.minutes(1)))
struct OpenAIModelTests {
  @Test("an answer comes token by token, then usage, then the end")
  func answer() async throws {
    try await withOpenAIModel { _, answer in
      try await answer.stream(tokens: ["Hello", ", ", "wörld 🙂"])
    } run: { model, upstream in
      let recorder = EventRecorder()
      try await model.answer(into: recorder)
      #expect(
        recorder.essentials == [
          .text("Hello"), .text(", "), .text("wörld 🙂"),
          .usage(TokenUsage(promptTokens: 11, completionTokens: 7)), .finished(.stop),
        ])
    }
  }

  @Test("each token is handed on before the next one exists")
  func progressive() async throws {
    let gate = StepGate()
    try await withOpenAIModel { _, answer in
      try await answer.stream(tokens: ["a", "b", "c"], gate: gate)
    } run: { model, _ in
      let recorder = EventRecorder()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await model.answer(into: recorder) }
        for (index, text) in ["a", "ab", "abc"].enumerated() {
          gate.open()
          // The response's head is the first sign of life.
          try await recorder.waitForEvents(index + 2)
          #expect(recorder.text == text)
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("the request is what the API asks for")
  func request() async throws {
    try await withOpenAIModel(apiKey: "sk-secret") { _, answer in
      try await answer.stream(tokens: ["ok"])
    } run: { model, upstream in
      let request = ModelRequest(
        messages: [ChatMessage(.system, "Be \"brief\"."), ChatMessage(.user, "Grüße/🙂?")],
        question: "Grüße/🙂?", maxTokens: 64)
      try await model.respond(to: request) { _ in }
      let recorded = try await upstream.request()
      #expect(recorded.method == "POST")
      #expect(recorded.path == "/v1/chat/completions")
      #expect(recorded.headers["authorization"] == "Bearer sk-secret")
      #expect(recorded.headers["content-type"] == "application/json")
      #expect(recorded.headers["expect"] == nil)
      let body = try #require(try JSONSerialization.jsonObject(with: Data(recorded.body)) as? [String: Any])
      #expect(body["model"] as? String == "test-model")
      #expect(body["stream"] as? Bool == true)
      #expect((body["stream_options"] as? [String: Bool]) == ["include_usage": true])
      #expect(body["max_tokens"] as? Int == 64)
      #expect(
        (body["messages"] as? [[String: String]]) == [
          ["role": "system", "content": "Be \"brief\"."], ["role": "user", "content": "Grüße/🙂?"],
        ])
    }
  }

  @Test("a request of several megabytes arrives whole")
  func longRequest() async throws {
    let question = String(repeating: "Ein langer Satz. ", count: 200_000)
    try await withOpenAIModel { _, answer in
      try await answer.stream(tokens: ["ok"])
    } run: { model, upstream in
      try await model.answer(question, into: EventRecorder())
      #expect(try await upstream.request().bodyText.contains(question))
    }
  }

  @Test("a stream may be cut into pieces anywhere", arguments: [1, 2, 3, 7, 64])
  func splitFrames(size: Int) async throws {
    let text = ": hi\r\n\r\n" + ScriptedUpstream.Answer.tokenFrame("Grüße 🙂") + "data: [DONE]\r\n\r\n"
    try await withOpenAIModel { _, answer in
      try await answer.streamHead()
      let bytes = Array(text.utf8)
      for start in stride(from: 0, to: bytes.count, by: size) {
        try await answer.send(Array(bytes[start..<min(start + size, bytes.count)]))
      }
      try await answer.finish()
    } run: { model, _ in
      let recorder = EventRecorder()
      try await model.answer(into: recorder)
      #expect(recorder.essentials == [.text("Grüße 🙂"), .finished(.stop)])
    }
  }

  @Test("a server that answers a streaming request with plain JSON is understood")
  func plainJSON() async throws {
    try await withOpenAIModel { _, answer in
      try await answer.respond(
        200,
        body:
          #"{"choices":[{"message":{"role":"assistant","content":"All at once"},"finish_reason":"length"}],"#
          + #""usage":{"prompt_tokens":2,"completion_tokens":3}}"#)
    } run: { model, _ in
      let recorder = EventRecorder()
      try await model.answer(into: recorder)
      #expect(
        recorder.essentials == [
          .text("All at once"), .usage(TokenUsage(promptTokens: 2, completionTokens: 3)), .finished(.length),
        ])
    }
  }

  @Test("missing usage, a missing content type and a missing [DONE] are forgiven")
  func sloppyServer() async throws {
    try await withOpenAIModel { _, answer in
      try await answer.head(200)
      try await answer.token("ok")
      try await answer.end(usage: nil, done: false)
    } run: { model, _ in
      let recorder = EventRecorder()
      try await model.answer(into: recorder)
      #expect(recorder.essentials == [.text("ok"), .finished(.stop)])
    }
  }

  @Test("keep-alive comments, empty deltas and reasoning are signs of life")
  func signsOfLife() async throws {
    let gate = StepGate()
    let frames = [
      ": OPENROUTER PROCESSING\n\n",
      ScriptedUpstream.Answer.frame(#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#),
      ScriptedUpstream.Answer.frame(#"{"choices":[{"delta":{"reasoning_content":"Let me think"}}]}"#),
    ]
    try await withOpenAIModel { _, answer in
      try await answer.streamHead()
      for frame in frames {
        try await gate.pass()
        try await answer.send(frame)
      }
      try await gate.pass()
      try await answer.end()
    } run: { model, _ in
      let recorder = EventRecorder()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await model.answer(into: recorder) }
        for count in 1...frames.count {
          // Signs of life that arrive together are one.
          try await recorder.waitForEvents(count)
          gate.open()
          try await recorder.waitForEvents(count + 1)
          #expect(recorder.events == Array(repeating: .activity, count: count + 1))
        }
        gate.open()
        try await group.waitForAll()
      }
    }
  }

  @Test("a finished answer is handed on although the server keeps the connection open")
  func openEnd() async throws {
    try await withOpenAIModel { request, answer in
      try await answer.streamHead()
      try await answer.token("ok")
      try await answer.send("data: [DONE]\n\n")
      try await answer.hang()
    } run: { model, upstream in
      let recorder = EventRecorder()
      try await model.answer(into: recorder)
      #expect(recorder.essentials == [.text("ok"), .finished(.stop)])
      _ = try await upstream.request().connection.closed()
    }
  }

  @Test("a complete answer leaves its connection for the next one")
  func reuse() async throws {
    try await withOpenAIModel { _, answer in
      try await answer.stream(tokens: ["ok"])
    } run: { model, upstream in
      for _ in 0..<5 { try await model.answer(into: EventRecorder()) }
      #expect(upstream.requests.count == 5)
      #expect(upstream.connections.count == 1)
    }
  }

  @Test("without a name, the first model of the server is used, and asked for once")
  func firstModel() async throws {
    try await withOpenAIModel(model: nil) { request, answer in
      if request.path == "/v1/models" {
        try await answer.models(["first", "second"])
      } else {
        try await answer.stream(tokens: ["ok"])
      }
    } run: { model, upstream in
      #expect(model.descriptor == ModelDescriptor(provider: "openai", model: "default"))
      try await model.answer(into: EventRecorder())
      try await model.answer(into: EventRecorder())
      #expect(model.descriptor == ModelDescriptor(provider: "openai", model: "first"))
      #expect(
        upstream.requests.map(\.path) == ["/v1/models", "/v1/chat/completions", "/v1/chat/completions"])
      #expect(upstream.requests[1].bodyText.contains(#""model":"first""#))
    }
  }

  @Test("200 answers at once")
  func concurrent() async throws {
    let gate = StepGate()
    try await withOpenAIModel { _, answer in
      try await answer.streamHead()
      for number in 0..<20 {
        if number == 10 { try await gate.pass() }
        try await answer.token("\(number) ")
      }
      try await answer.end()
    } run: { model, upstream in
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<200 {
          group.addTask {
            let recorder = EventRecorder()
            try await model.answer(into: recorder)
            return recorder.text
          }
        }
        // Every stream is half-way before any goes on.
        _ = try await upstream.request(199)
        gate.openForGood()
        let expected = (0..<20).map { "\($0) " }.joined()
        for try await text in group { #expect(text == expected) }
      }
      #expect(upstream.requests.count == 200)
    }
  }
}
