import Foundation
import TestSupport
import Testing

@testable import App

/// How many connections there may be, and what those beyond get.
@Suite(.timeLimit(.minutes(2))) struct ConnectionLimitTests {
  @Test("Beyond the limit a connection is answered with 503 OVERLOADED and closed; one that ends makes room")
  func limit() async throws {
    try await withRill(configure: { $0.maxConnections = 2 }, script: StopTests.silentAfter(["x"])) { rill in
      try await rill.client.ask("What does the river do?") { stream in
        try await stream.events { $0.type == "token" }
        try await rill.client.ask("And the sea?") { stream in
          try await stream.events { $0.type == "token" }
          let response = try await rill.client.send("GET", "/health")
          #expect(response.status == 503)
          #expect(response.headers["retry-after"] != nil)
          #expect(response.headers["connection"] == "close")
          #expect(try response.decoded()["code"] as? String == "OVERLOADED")
        }
        // The second client has gone; the server learns it in a moment.
        while try await rill.client.send("GET", "/health").status != 200 {}
      }
    }
  }
}
