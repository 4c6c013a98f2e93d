import Foundation
import Graph
import TestSupport
import Testing

@testable import App

/// Limits that make runs wait or turn them away.
@Suite(.timeLimit(.minutes(2))) struct QueueTests {
  @Test("Beyond the places a run waits, is told its position, and begins when a place is free")
  func waits() async throws {
    try await withRill(
      configure: { $0.runs.limits.places = 1 }, script: StopTests.silentAfter(["x"])
    ) { rill in
      let (first, third) = (UUID(), UUID())
      try await rill.client.ask("What does the river do?", run: first) { stream in
        try await stream.events { $0.type == "token" }
        try await rill.client.ask("Second?") { second in
          let waiting = try await second.events { $0.type == "queued" }
          #expect(waiting.types == ["metadata", "queued"])
          #expect(waiting.last?["position"] == 1)
          let isThird = StepGate()
          async let stopped = rill.client.ask("Third?", run: third) { stream in
            let queued = try await stream.events { $0.type == "queued" }
            #expect(queued.last?["position"] == 2)
            isThird.open()
            let moved = try await stream.events { $0.type == "queued" }
            #expect(moved.last?["position"] == 1)
            // Stop works there, too.
            let receipt = try await rill.client.stop(third).decoded()
            #expect(receipt["status"] as? String == "cancelled")
            return try await stream.events().types
          }
          try await isThird.pass()
          #expect(rill.upstream.requests.count == 1)
          _ = try await rill.client.stop(first)
          let begun = try await second.events { $0.type == "token" }
          #expect(begun.first?.type == "routing_start")
          #expect(try await stopped == ["cancelled"])
        }
      }
    }
  }

  @Test("A client with as many runs as it may have gets 429 TOO_MANY_RUNS with Retry-After")
  func perClient() async throws {
    try await withRill(
      configure: { $0.runs.limits.runsPerClient = 1 }, script: StopTests.silentAfter(["x"])
    ) { rill in
      try await rill.client.ask("What does the river do?") { stream in
        try await stream.events { $0.type == "token" }
        let response = try await rill.client.send(
          "POST", "/chat/stream", body: HTTPTestClient.question("Me too"))
        #expect(response.status == 429)
        #expect(response.headers["retry-after"] != nil)
        #expect(try response.decoded()["code"] as? String == "TOO_MANY_RUNS")
        #expect(try response.decoded()["retryable"] as? Bool == true)
      }
    }
  }
}
