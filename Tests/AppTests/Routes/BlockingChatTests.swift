import Foundation
import TestSupport
import Testing

@testable import App

/// FR-022: the blocking endpoint answers with the same pipeline.
@Suite struct BlockingChatTests {
  @Test("POST /chat answers with the whole message, its ids, usage and timings")
  func answer() async throws {
    try await withRill { rill in
      let run = UUID()
      let response = try await rill.client.send(
        "POST", "/chat", body: HTTPTestClient.question("What does the river do?", run: run))
      #expect(response.status == 200)
      let answer = try response.decoded()
      #expect(answer["message"] as? String == "Hello there")
      #expect(answer["run_id"] as? String == run.wireString)
      #expect(UUID(uuidString: answer["session_id"] as? String ?? "") != nil)
      #expect(UUID(uuidString: answer["message_id"] as? String ?? "") != nil)
      #expect(answer["sources"] is [Any])
      #expect((answer["usage"] as? [String: Any])?["completion_tokens"] as? Int == 7)
      #expect((answer["timings"] as? [String: Any])?["total_ms"] != nil)
    }
  }

  @Test("A blocking request whose client has gone is cancelled after the grace time")
  func clientGone() async throws {
    try await withRill(
      configure: { $0.runs.disconnectGrace = .zero }, script: StopTests.silentAfter(["x"])
    ) { rill in
      let request = Task {
        try await rill.client.send("POST", "/chat", body: HTTPTestClient.question("What does the river do?"))
      }
      let upstream = try await rill.upstream.request()
      request.cancel()
      _ = try await upstream.connection.closed()
      try await rill.expectMetrics(["rill_runs_active 0"])
    }
  }
}
