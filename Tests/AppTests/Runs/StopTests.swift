import Foundation
import Graph
import TestSupport
import Testing

@testable import App

/// FR-018 to FR-021: Stop ends the run at once and keeps what was said.
@Suite struct StopTests {
  /// Sends tokens and then nothing, until its client closes the connection.
  static func silentAfter(_ tokens: [String]) -> ScriptedUpstream.Script {
    { _, answer in
      try await answer.streamHead()
      for token in tokens { try await answer.token(token) }
      try await answer.hang()
    }
  }

  @Test("Stop closes the upstream connection also while the model is silent, and ends the stream with a word")
  func stopWhileSilent() async throws {
    try await withRill(script: Self.silentAfter(["The", " river"])) { rill in
      try await rill.client.ask("What does the river do?") { stream in
        let events = try await stream.events { $0.text == " river" }
        let run = try #require(events.first?["run_id", as: String.self].flatMap(UUID.init(uuidString:)))
        let connection = try await rill.upstream.request().connection
        let receipt = try await rill.client.stop(run).decoded()
        // The model says nothing, so only Rill can have closed it.
        _ = try await connection.closed()
        #expect(receipt["status"] as? String == "cancelled")
        #expect(receipt["token_count"] as? Int == 2)
        #expect(receipt["stopped_in_ms"] != nil)
        let rest = try await stream.events()
        #expect(rest.types == ["cancelled"])
        #expect(rest.last?["reason"] == "user")
        #expect(rest.last?.id == receipt["last_event_id"] as? Int)
      }
    }
  }

  @Test("The answer of a stop comes after the upstream connection is closed")
  func receiptComesAfterTheClose() async throws {
    try await withRill(script: Self.silentAfter(["x"])) { rill in
      let run = UUID()
      try await rill.client.ask("What does the river do?", run: run) { stream in
        try await stream.events { $0.type == "token" }
        _ = try await rill.client.stop(run)
        let closed = try await rill.upstream.request().connection.closed()
        #expect(closed <= ContinuousClock.now)
      }
    }
  }

  @Test("Stop is idempotent: again, and after the end, it answers with how the run ended")
  func stopTwice() async throws {
    try await withRill(script: Self.silentAfter(["x"])) { rill in
      let run = UUID()
      try await rill.client.ask("What does the river do?", run: run) { stream in
        try await stream.events { $0.type == "token" }
        let first = try await rill.client.stop(run).decoded()
        let second = try await rill.client.stop(run).decoded()
        #expect(first["last_event_id"] as? Int == second["last_event_id"] as? Int)
        #expect(second["status"] as? String == "cancelled")
      }
    }
  }

  @Test("A stop may come before its run: the run then ends as cancelled at once, and the model is not asked")
  func stopBeforeStart() async throws {
    try await withRill { rill in
      let run = UUID()
      let receipt = try await rill.client.stop(run)
      #expect(receipt.status == 200)
      let events = try await rill.client.ask("What does the river do?", run: run)
      #expect(events.types.first == "metadata")
      #expect(events.types.last == "cancelled", "\(events.map(\.frame))")
      #expect(rill.upstream.requests.isEmpty)
    }
  }

  @Test("The partial answer is stored exactly as it was sent, and the next message has it as context")
  func partialAnswerIsKept() async throws {
    try await withRill(script: { request, answer in
      guard request.bodyText.contains("And where") else {
        return try await Self.silentAfter(["The", " riv"])(request, answer)
      }
      try await answer.stream(tokens: ["Yes"])
    }) { rill in
      let run = UUID()
      let session = try await rill.client.ask("What does the river do?", run: run) { stream in
        let events = try await stream.events { $0.text == " riv" }
        _ = try await rill.client.stop(run)
        #expect(try await stream.events().text.isEmpty)
        return try #require(events.first?["session_id", as: String.self].flatMap(UUID.init(uuidString:)))
      }
      let messages = try await rill.conversations.messages(sessionID: session)
      #expect(messages.map(\.content) == ["What does the river do?", "The riv"])
      #expect(messages.map(\.status) == [.done, .cancelled])

      let events = try await rill.client.ask("And where does it flow to?", session: session)
      #expect(events.types.last == "done")
      let prompt = rill.upstream.requests[1].bodyText
      #expect(prompt.contains("The riv"))
      #expect(prompt.contains("What does the river do?"))
    }
  }
}
