import Foundation
import Graph
import Storage
import TestSupport
import Testing

@testable import App

/// What the user saw is what is stored.
@Suite(.timeLimit(.minutes(2))) struct StoredTextTests {
  @Test("U+0000, which no store can hold, is U+FFFD in the stream and in the store")
  func nul() async throws {
    let script: ScriptedUpstream.Script = { _, answer in
      try await answer.stream(tokens: ["a\u{0}b", "\u{0}", "c"])
    }
    try await withRill(script: script) { rill in
      let run = UUID()
      let events = try await rill.client.ask("Who\u{0} flows?", run: run)
      #expect(events.text == "a\u{FFFD}b\u{FFFD}c")
      let answer = try #require(try await rill.conversations.message(runID: run))
      #expect(answer.content == events.text)
      let messages = try await rill.conversations.messages(sessionID: answer.sessionID)
      #expect(messages.first?.content == "Who\u{FFFD} flows?")
    }
  }
}
