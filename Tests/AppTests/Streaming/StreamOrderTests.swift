import Foundation
import Graph
import TestSupport
import Testing

@testable import App

/// The rows of the protocol about the order and the form of a stream.
@Suite struct StreamOrderTests {
  static let questionOrder = [
    "metadata", "routing_start", "routing_complete", "retrieval_start", "retrieval_complete",
    "reranking_start", "reranking_complete", "sources", "generation_start", "token",
    "generation_complete", "done",
  ]

  @Test("A question goes through every stage in order and ends with done")
  func questionOrder() async throws {
    try await withRill { rill in
      let events = try await rill.client.ask("What does the river do?")
      #expect(events.outline == Self.questionOrder)
      #expect(events.text == "Hello there")
    }
  }

  @Test("A greeting skips retrieval and reranking")
  func directOrder() async throws {
    try await withRill { rill in
      let events = try await rill.client.ask("hello")
      #expect(
        events.outline == [
          "metadata", "routing_start", "routing_complete", "generation_start", "token",
          "generation_complete", "done",
        ])
      #expect(events.first { $0.type == "routing_complete" }?["agent"] == "direct")
    }
  }

  @Test("Ids are 1, 2, 3, … without a gap, and every event has a timestamp")
  func denseIDs() async throws {
    try await withRill { rill in
      let events = try await rill.client.ask("What does the river do?")
      #expect(events.map(\.id) == Array(1...events.count))
      let form = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/
      #expect(events.allSatisfy { $0.timestamp?.wholeMatch(of: form) != nil })
    }
  }

  @Test("Head and first comment come before any work; the headers are those of the protocol")
  func headComesFirst() async throws {
    let gate = StepGate()
    try await withRill(script: { _, answer in
      try await gate.pass()
      try await answer.stream(tokens: ["x"])
    }) { rill in
      try await rill.client.ask("What does the river do?") { stream in
        #expect(stream.status == 200)
        #expect(stream.headers["content-type"] == "text/event-stream")
        #expect(stream.headers["cache-control"] == "no-cache, no-transform")
        #expect(stream.headers["x-accel-buffering"] == "no")
        #expect(stream.headers["connection"] == "keep-alive")
        #expect(stream.headers["content-encoding"] == nil)
        #expect(try await stream.nextBlock()?.hasPrefix(":") == true)
        #expect(try await stream.nextBlock() == "retry: 1000")
        gate.openForGood()
        _ = try await stream.events()
      }
    }
  }

  @Test("Tokens reach the client one by one while the model is still at work")
  func tokensArriveProgressively() async throws {
    let gate = StepGate()
    try await withRill(script: { _, answer in
      try await answer.stream(tokens: ["one ", "two ", "three"], gate: gate)
    }) { rill in
      try await rill.client.ask("What does the river do?") { stream in
        for expected in ["one ", "two ", "three"] {
          // The model cannot send the next token before this one has been seen.
          gate.open()
          let events = try await stream.events { $0.type == "token" }
          #expect(events.last?.text == expected)
        }
        gate.openForGood()
        #expect(try await stream.events().last?.type == "done")
      }
    }
  }

  @Test("The supervisor's tokens never reach the user, also when it thinks with the model")
  func supervisorTokensStayInside() async throws {
    try await withRill(
      router: .model,
      script: { request, answer in
        let isRouting = request.bodyText.contains("You route messages")
        try await answer.stream(tokens: isRouting ? ["DOCU", "MENTS"] : ["An", " answer"])
      }
    ) { rill in
      let events = try await rill.client.ask("What does the river do?")
      #expect(rill.upstream.requests.count == 2)
      #expect(events.text == "An answer")
      #expect(events.outline == Self.questionOrder)
    }
  }

  @Test("done carries usage, the finish reason and timings")
  func doneContent() async throws {
    try await withRill { rill in
      let done = try #require(try await rill.client.ask("What does the river do?").last)
      #expect(done["finish_reason"] == "stop")
      let usage: [String: Any] = try #require(done["usage"])
      #expect(usage["prompt_tokens"] as? Int == 11)
      #expect(usage["completion_tokens"] as? Int == 7)
      let timings: [String: Any] = try #require(done["timings"])
      #expect(timings["first_token_ms"] is Double || timings["first_token_ms"] is Int)
      #expect(timings["total_ms"] is Double || timings["total_ms"] is Int)
    }
  }
}
