import Foundation
import Graph
import Storage
import TestSupport
import Testing

@testable import App

/// After `kill -9` at any moment the next start keeps what there was and says so.
@Suite(.timeLimit(.minutes(2))) struct CrashTests {
  static let question = "What does the river do?"

  /// Asks, waits until two tokens are on the disk, and goes on with what a crash at that moment leaves.
  /// - Parameter body: gets the crashed database, the run and the events that its reader had.
  private func afterCrash(
    _ body: @escaping @Sendable (TestDatabase, UUID, [WireEvent]) async throws -> Void
  ) async throws {
    try await CrashImage.withDatabase { database, folder in
      try await database.indexRiver()
      try await withRill(database: database, script: StopTests.silentAfter(["The", " river"])) { rill in
        let run = UUID()
        try await rill.client.ask(Self.question, run: run) { stream in
          let seen = try await stream.events { $0.text == " river" }
          try await database.waitForEvents(seen.count, of: run)
          try await CrashImage.take(of: folder) { database, _ in try await body(database, run, seen) }
        }
      }
    }
  }

  @Test(
    "The run is INTERRUPTED, the partial answer is kept with its sources, a reader gets exactly what it lacks"
  )
  func interrupted() async throws {
    try await afterCrash { database, run, seen in
      try await withRill(database: database) { rill in
        let status = try await rill.client.send("GET", "/chat/runs/\(run.wireString)").decoded()
        #expect(status["status"] as? String == "interrupted")
        #expect(status["token_count"] as? Int == 2)
        let message = try #require(try await rill.conversations.message(runID: run))
        #expect(message.content == "The river")
        #expect(message.status == .interrupted)
        #expect(message.answer?.errorCode == "INTERRUPTED")
        #expect(message.answer?.sources.isEmpty == false)
        for position in [0, 3, seen.count - 1] {
          let events = try await rill.client.resume(run, after: position)
          #expect(events.dropLast().map(\.frame) == seen.dropFirst(position).map(\.frame))
          #expect(events.last?.type == "error")
          #expect(events.last?["code"] == "INTERRUPTED")
          #expect(events.last?["retryable"] == true)
          #expect(events.last?.id == seen.count + 1)
        }
      }
    }
  }

  @Test(
    "A reader that saw more than could be stored gets a snapshot of what is kept, and the end, after its position"
  )
  func beyondTheStoredLog() async throws {
    try await afterCrash { database, run, seen in
      try await withRill(database: database) { rill in
        for position in [seen.count + 1, seen.count + 40] {
          let events = try await rill.client.resume(run, after: position)
          #expect(events.types == ["snapshot", "error"])
          #expect(events.first?["text"] == "The river")
          #expect(events.map(\.id) == [position + 1, position + 2])
        }
      }
    }
  }

  @Test(
    "Continue goes on from the checkpoint: nothing is searched again, the answer replaces the partial one")
  func continues() async throws {
    try await afterCrash { database, run, seen in
      try await withRill(database: database) { rill in
        let next = UUID()
        let events = try await rill.client.continueRun(run, as: next)
        #expect(
          events.outline
            == ["metadata", "generation_start", "snapshot", "token", "generation_complete", "done"])
        #expect(events[0]["message_id"] == seen[0]["message_id", as: String.self])
        #expect(events[0]["parent_id"] == seen[0]["parent_id", as: String.self])
        #expect(events[0]["run_id"] == next.wireString)
        let snapshot = try #require(events.first { $0.type == "snapshot" })
        #expect(snapshot["text"] == "")
        #expect(snapshot["sources", as: [Any].self]?.isEmpty == false)
        #expect(events.text == "Hello there")
        // The prompt has the passages that were found before.
        #expect(try await rill.upstream.request().bodyText.contains("the river flows to the sea"))
        let message = try #require(try await rill.conversations.message(runID: next))
        #expect(message.content == "Hello there")
        #expect(message.status == .done)
        #expect(message.answer?.errorCode == nil)
        #expect(message.answer?.sources.isEmpty == false)
        #expect(try await rill.conversations.messages(sessionID: message.sessionID).count == 2)
        // The interrupted run can still be read, and its last event is what it was.
        #expect(try await rill.client.resume(run, after: 0).last?["code"] == "INTERRUPTED")
      }
    }
  }

  @Test("Continue is idempotent on its run_id, and an answer is taken up once")
  func continuesOnce() async throws {
    try await afterCrash { database, run, _ in
      try await withRill(database: database) { rill in
        let next = UUID()
        let texts = try await withThrowingTaskGroup(of: String.self) { group in
          for _ in 0..<8 { group.addTask { try await rill.client.continueRun(run, as: next).text } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(texts == Array(repeating: "Hello there", count: 8))
        #expect(rill.upstream.requests.count == 1)
        let again = try await rill.client.send(
          "POST", "/chat/runs/\(run.wireString)/continue", body: "{}")
        #expect(again.status == 409)
        #expect(try again.decoded()["code"] as? String == "NOT_INTERRUPTED")
        let unknown = try await rill.client.send(
          "POST", "/chat/runs/\(UUID().wireString)/continue", body: "{}")
        #expect(unknown.status == 404)
      }
    }
  }

  @Test("A continuation that fails before its first word leaves the partial answer where it was")
  func failedContinuation() async throws {
    try await afterCrash { database, run, _ in
      let script: ScriptedUpstream.Script = { _, answer in try await answer.respond(500, body: "{}") }
      try await withRill(database: database, script: script) { rill in
        let next = UUID()
        let events = try await rill.client.continueRun(run, as: next)
        #expect(events.types == ["metadata", "generation_start", "snapshot", "error"])
        #expect(events[2]["text"] == "The river")
        let message = try #require(try await rill.conversations.message(runID: next))
        #expect(message.content == "The river")
        #expect(message.status == .error)
      }
    }
  }

  @Test("A continuation that is cut off before its first word can be continued, and has lost nothing")
  func crashedContinuation() async throws {
    try await CrashImage.withDatabase { database, folder in
      try await database.indexRiver()
      let first = UUID()
      try await withRill(database: database, script: StopTests.silentAfter(["The", " river"])) { rill in
        try await rill.client.ask(Self.question, run: first) { stream in
          let seen = try await stream.events { $0.text == " river" }
          try await database.waitForEvents(seen.count, of: first)
          try await CrashImage.take(of: folder) { try await crashAgain($0, in: $1, first) }
        }
      }
    }
  }

  private func crashAgain(_ database: TestDatabase, in folder: URL, _ first: UUID) async throws {
    let second = UUID()
    try await withRill(database: database, script: StopTests.silentAfter([])) { rill in
      try await rill.client.open(
        "POST", "/chat/runs/\(first.wireString)/continue", body: #"{"run_id":"\#(second.wireString)"}"#
      ) { stream in
        try await stream.events { $0.type == "generation_start" }
        try await database.waitForEvents(2, of: second)
        try await CrashImage.take(of: folder) { database, _ in
          try await expectNothingIsLost(database, second)
        }
      }
    }
  }

  private func expectNothingIsLost(_ database: TestDatabase, _ second: UUID) async throws {
    try await withRill(database: database) { rill in
      #expect(try await rill.conversations.message(runID: second)?.content == "The river")
      let replay = try await rill.client.resume(second, after: 0)
      #expect(replay.types == ["metadata", "generation_start", "snapshot", "error"])
      #expect(replay[2]["text"] == "The river")
      // A reader may have had another event as number 3, which the process could not store.
      let ahead = try await rill.client.resume(second, after: 3)
      #expect(ahead.types == ["snapshot", "error"])
      #expect(ahead.first?["text"] == "The river")
      let events = try await rill.client.continueRun(second, as: UUID())
      #expect(!events.types.contains("retrieval_start"))
      #expect(events.text == "Hello there")
    }
  }

  @Test("Cut off before anything was found, Continue does the whole work")
  func continuesFromTheStart() async throws {
    try await CrashImage.withDatabase { database, folder in
      let run = UUID()
      try await withRill(database: database, script: StopTests.silentAfter([])) { rill in
        try await rill.client.ask(Self.question, run: run) { stream in
          try await stream.events { $0.type == "generation_start" }
          try await database.waitForEvents(1, of: run)
        }
      }
      // As if the process had ended before its first checkpoint.
      try await database.checkpointer.delete(threadID: run.wireString)
      try await withRill(database: database) { rill in
        let next = UUID()
        let events = try await rill.client.continueRun(run, as: next)
        #expect(events.types.contains("retrieval_start"))
        #expect(events.filter { $0.type == "snapshot" }.count == 1)
        #expect(events.text == "Hello there")
        #expect(try await rill.conversations.message(runID: next)?.content == "Hello there")
      }
    }
  }

  @Test("The same run_id never starts a second run, also after a crash")
  func idempotency() async throws {
    try await afterCrash { database, run, seen in
      try await withRill(database: database) { rill in
        let events = try await rill.client.ask(Self.question, run: run)
        #expect(events.dropLast().map(\.frame) == seen.map(\.frame))
        #expect(events.last?["code"] == "INTERRUPTED")
        #expect(rill.upstream.requests.isEmpty)
        let other = try await rill.client.send(
          "POST", "/chat/stream", body: HTTPTestClient.question("Something else", run: run))
        #expect(try other.decoded()["code"] as? String == "RUN_CONFLICT")
      }
    }
  }
}

extension HTTPTestClient {
  func resume(_ run: UUID, after position: Int) async throws -> [WireEvent] {
    try await open("GET", "/chat/runs/\(run.wireString)/stream?after=\(position)") { try await $0.events() }
  }

  func continueRun(_ run: UUID, as next: UUID) async throws -> [WireEvent] {
    try await open(
      "POST", "/chat/runs/\(run.wireString)/continue", body: #"{"run_id":"\#(next.wireString)"}"#
    ) { try await $0.events() }
  }
}
