import Foundation
import Graph
import TestSupport
import Testing

@testable import App

/// A run is not its connection.
@Suite struct ReaderTests {
  @Test("A run goes on without its reader; one that comes back gets exactly what it lacks")
  func resume() async throws {
    let gate = StepGate()
    let tokens = ["one ", "two ", "three ", "four"]
    try await withRill(script: { _, answer in try await answer.stream(tokens: tokens, gate: gate) }) { rill in
      let run = UUID()
      gate.open(2)
      let seen = try await rill.client.ask("What does the river do?", run: run) { stream in
        try await stream.events { $0.text == "two " }
      }
      gate.openForGood()
      let last = try #require(seen.last)
      let rest = try await rill.client.open(
        "GET", "/chat/runs/\(run.wireString)/stream", headers: ["last-event-id": "\(last.id)"]
      ) { try await $0.events() }
      #expect(rest.first?.id == last.id + 1)
      #expect((seen + rest).text == tokens.joined())
      #expect(rest.types.last == "done")
      #expect(rill.upstream.requests.count == 1)
    }
  }

  @Test("?after=n does the same as the header")
  func resumeByQuery() async throws {
    try await withRill { rill in
      let run = UUID()
      let events = try await rill.client.ask("What does the river do?", run: run)
      let rest = try await rill.client.open("GET", "/chat/runs/\(run.wireString)/stream?after=3") {
        try await $0.events()
      }
      #expect(rest.map(\.frame) == events.dropFirst(3).map(\.frame))
    }
  }

  @Test("Any number of readers may follow a run, each from its own position")
  func manyReaders() async throws {
    let gate = StepGate()
    try await withRill(script: { _, answer in
      try await answer.stream(tokens: ["a", "b", "c"], gate: gate)
    }) { rill in
      let run = UUID()
      try await rill.client.ask("What does the river do?", run: run) { stream in
        gate.open()
        try await stream.events { $0.type == "token" }
        try await withThrowingTaskGroup(of: String.self) { group in
          for after in [0, 3, 9] {
            group.addTask {
              try await rill.client.open("GET", "/chat/runs/\(run.wireString)/stream?after=\(after)") {
                try await $0.events().text
              }
            }
          }
          gate.openForGood()
          for try await text in group { #expect(text == "abc") }
        }
      }
    }
  }

  @Test("With no grace, a closed tab ends the run and its upstream connection")
  func disconnectWithoutGrace() async throws {
    try await withRill(
      configure: { $0.runs.disconnectGrace = .zero }, script: StopTests.silentAfter(["x"])
    ) { rill in
      let run = UUID()
      try await rill.client.ask("What does the river do?", run: run) { stream in
        _ = try await stream.events { $0.type == "token" }
      }
      _ = try await rill.upstream.request().connection.closed()
      let events = try await rill.client.open("GET", "/chat/runs/\(run.wireString)/stream") {
        try await $0.events()
      }
      #expect(events.last?["reason"] == "disconnected")
    }
  }

  @Test("Within the grace time a run waits for its reader; after it, it is cancelled")
  func grace() async throws {
    let clock = ManualClock()
    try await withRill(clock: clock, script: StopTests.silentAfter(["x"])) { rill in
      let run = UUID()
      try await rill.client.ask("What does the river do?", run: run) { stream in
        _ = try await stream.events { $0.type == "token" }
      }
      try await rill.expectMetrics(["rill_stream_readers 0"])
      let path = "/chat/runs/\(run.wireString)"
      // The tick and the watchdog of the model sleep; time moves only here.
      for _ in 0..<8 { try await clock.tick(.seconds(1)) }
      #expect(try await rill.client.send("GET", path).decoded()["status"] as? String == "running")
      for _ in 0..<8 { try await clock.tick(.seconds(1)) }
      _ = try await rill.upstream.request().connection.closed()
      #expect(try await rill.client.stop(run).decoded()["status"] as? String == "cancelled")
    }
  }

  @Test("A position beyond the run, or one that is no number, is 422; an unknown run is 404")
  func wrongPositions() async throws {
    try await withRill { rill in
      let run = UUID()
      _ = try await rill.client.ask("What does the river do?", run: run)
      let path = "/chat/runs/\(run.wireString)/stream"
      #expect(try await rill.client.send("GET", path + "?after=9999").status == 422)
      #expect(try await rill.client.send("GET", path, headers: ["last-event-id": "x"]).status == 422)
      let unknown = try await rill.client.send("GET", "/chat/runs/\(UUID().wireString)/stream")
      #expect(unknown.status == 404)
      #expect(try unknown.decoded()["code"] as? String == "NOT_FOUND")
    }
  }

  @Test("After 5 s without an event a heartbeat is sent")
  func heartbeat() async throws {
    let clock = ManualClock()
    try await withRill(clock: clock, script: StopTests.silentAfter(["x"])) { rill in
      try await rill.client.ask("What does the river do?") { stream in
        try await stream.events { $0.type == "token" }
        for _ in 0..<12 { try await clock.tick(.milliseconds(500)) }
        #expect(try await stream.nextBlock() == ": heartbeat")
      }
    }
  }
}

extension ManualClock {
  /// Moves the time once somebody sleeps, so that nobody misses it.
  func tick(_ duration: Duration) async throws {
    try await waitForSleepers(count: 1)
    advance(by: duration)
  }
}
