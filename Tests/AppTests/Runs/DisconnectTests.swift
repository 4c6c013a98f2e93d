import Foundation
import Graph
import TestSupport
import Testing

@testable import App

/// FR-023, and a server that survives its clients.
@Suite struct DisconnectTests {
  @Test("3,200 random disconnects leave the server alive with no run and no connection behind")
  func randomDisconnects() async throws {
    try await withRill(
      configure: { $0.runs.disconnectGrace = .zero },
      script: { _, answer in
        try await answer.streamHead()
        for index in 0..<40 { try await answer.token("token \(index) ") }
        try await answer.hang()
      }
    ) { rill in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for worker in 0..<16 {
          group.addTask {
            var random = SeededGenerator(seed: UInt64(worker))
            for _ in 0..<200 {
              // The comment, retry, nine events up to the first token; how many frames follow depends on joining.
              let blocks = Int.random(in: 0...11, using: &random)
              try await rill.client.ask("What does the river do?") { stream in
                for _ in 0..<blocks { _ = try await stream.nextBlock() }
              }
            }
          }
        }
        try await group.waitForAll()
      }
      for connection in rill.upstream.connections { _ = try await connection.closed() }
      #expect(try await rill.client.send("GET", "/health").status == 200)
      try await rill.expectMetrics(["rill_runs_active 0", "rill_stream_readers 0"])
    }
  }
}

extension RillTestServer {
  /// Waits until the metrics say so: what a closed connection leaves is cleared up after it.
  func expectMetrics(_ lines: [String]) async throws {
    for _ in 0..<500 {
      let text = try await client.send("GET", "/metrics").body
      if lines.allSatisfy({ text.contains($0 + "\n") }) { return }
    }
    let text = try await client.send("GET", "/metrics").body
    for line in lines { #expect(text.contains(line + "\n")) }
  }
}
