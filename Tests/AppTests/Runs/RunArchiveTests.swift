import Foundation
import Graph
import Storage
import TestSupport
import Testing

@testable import App

/// A run that is no longer in memory: event by event as long as its log is kept, then as a snapshot.
@Suite(.timeLimit(.minutes(2))) struct RunArchiveTests {
  @Test("After a restart a reader gets exactly what it lacks, byte by byte what was sent before")
  func afterRestart() async throws {
    let database = try await TestDatabase.fresh()
    let run = UUID()
    let tokens = (0..<100).map { "\($0) 🛶 \n" }
    let live = try await withRill(
      database: database, script: { _, answer in try await answer.stream(tokens: tokens) }
    ) { try await $0.client.ask("What does the river do?", run: run) }
    let last = try #require(live.last?.id)
    try await withRill(database: database) { rill in
      // A reader that lags gets tokens joined, so that not every id need be one of its events'.
      for (index, event) in live.enumerated().dropLast() {
        let rest = try await rill.client.resume(run, after: event.id)
        #expect(rest.text == Array(live.dropFirst(index + 1)).text)
        #expect(rest.last?.frame == live.last?.frame)
        #expect(rest.map(\.id) == Array(event.id + 1...last))
      }
      #expect(try await rill.client.resume(run, after: last).isEmpty)
      let beyond = try await rill.client.send(
        "GET", "/chat/runs/\(run.wireString)/stream?after=\(last + 1)")
      #expect(beyond.status == 422)
      let again = try await rill.client.ask("What does the river do?", run: run)
      #expect(again.text == live.text)
      #expect(rill.upstream.requests.isEmpty)
    }
  }

  @Test("A compacted log is told by a snapshot whose ids fit those that were sent")
  func compacted() async throws {
    let database = try await TestDatabase.fresh()
    let run = UUID()
    let live = try await withRill(database: database) { rill in
      try await rill.client.ask("What does the river do?", run: run)
    }
    let last = live.count
    #expect(try await database.runs.compactRuns(endedBefore: .distantFuture, limit: 10) == 1)
    try await withRill(database: database) { rill in
      let whole = try await rill.client.resume(run, after: 0)
      #expect(whole.types == ["metadata", "snapshot", "done"])
      #expect(whole.map(\.id) == [1, last - 1, last])
      #expect(whole[1]["text"] == "Hello there")
      let rest = try await rill.client.resume(run, after: 4)
      #expect(rest.types == ["snapshot", "done"])
      #expect(rest.map(\.id) == [last - 1, last])
      #expect(try await rill.client.resume(run, after: last - 1).types == ["done"])
      #expect(try await rill.client.resume(run, after: last).isEmpty)
      let again = try await rill.client.ask("What does the river do?", run: run)
      #expect(again.types == ["metadata", "snapshot", "done"])
      let status = try await rill.client.send("GET", "/chat/runs/\(run.wireString)").decoded()
      #expect(status["last_event_id"] as? Int == last)
      #expect(status["token_count"] as? Int == 2)
      let receipt = try await rill.client.stop(run).decoded()
      #expect(receipt["status"] as? String == "done")
      #expect(receipt["last_event_id"] as? Int == last)
    }
  }

  @Test("With no retention a finished run is compacted by the server itself")
  func retention() async throws {
    let clock = ManualClock()
    let database = try await TestDatabase.fresh()
    try await withRill(configure: { $0.runs.retention = .zero }, clock: clock, database: database) { rill in
      let run = UUID()
      let live = try await rill.client.ask("What does the river do?", run: run)
      #expect(live.count > 3)
      // Forgotten by the memory and compacted in the store, each at its own next look.
      while try await rill.client.resume(run, after: 0).types != ["metadata", "snapshot", "done"] {
        try await clock.tick(.milliseconds(100))
      }
      #expect(try await database.runs.run(id: run)?.isCompacted == true)
    }
  }

  @Test("A known run_id is answered although its session is busy with another run, or the server full")
  func idempotencyBeforeAdmission() async throws {
    let database = try await TestDatabase.fresh()
    let (first, session) = (UUID(), UUID())
    try await database.conversations.createSession(
      Session(id: session, title: "t", createdAt: .now, updatedAt: .now))
    _ = try await withRill(database: database) { rill in
      try await rill.client.ask("What does the river do?", session: session, run: first)
    }
    try await withRill(
      configure: { $0.runs.limits.runs = 1 }, database: database, script: StopTests.silentAfter(["x"])
    ) { rill in
      try await rill.client.ask("And then?", session: session) { stream in
        try await stream.events { $0.type == "token" }
        let again = try await rill.client.ask("What does the river do?", session: session, run: first)
        #expect(again.text == "Hello there")
        let blocking = try await rill.client.send(
          "POST", "/chat",
          body: HTTPTestClient.question("What does the river do?", session: session, run: first))
        #expect(try blocking.decoded()["message"] as? String == "Hello there")
      }
    }
  }

  @Test("Deleting a session deletes its runs: they are unknown then")
  func deletedSession() async throws {
    let database = try await TestDatabase.fresh()
    try await withRill(configure: { $0.runs.retention = .zero }, database: database) { rill in
      let run = UUID()
      let events = try await rill.client.ask("What does the river do?", run: run)
      let session = try #require(events[0]["session_id", as: String.self])
      #expect(try await rill.client.send("DELETE", "/sessions/\(session)").status == 204)
      #expect(try await database.runs.run(id: run) == nil)
    }
  }
}
