import Foundation
import Graph
import Storage
import Synchronization
import TestSupport
import Testing

@testable import App

/// What becomes of the runs of a node that is gone, or that cannot say that it is there.
@Suite("Leases", .enabled(if: TestPostgres.isGiven), .timeLimit(.minutes(2)))
struct LeaseTests {
  static let shortLease: @Sendable (inout RillConfiguration) -> Void = {
    $0.cluster.lease = .seconds(1)
    $0.runs.disconnectGrace = .seconds(60)
  }

  @Test("A node that loses its lease sends its readers away without an end; another one has the end for them")
  func lostLease() async throws {
    try await TestPostgres.withSchema { url in
      try await withScriptedUpstream(StopTests.silentAfter(["The", " river"])) { upstream in
        let database = try await TestDatabase.postgres(url: url)
        let cut = WrappedCluster(try #require(database.database.cluster))
        try await withRill(configure: Self.shortLease, database: database, upstream: upstream, cluster: cut) {
          lost in
          let other = try await TestDatabase.postgres(url: url)
          try await withRill(configure: Self.shortLease, database: other, upstream: upstream) { living in
            try await self.loseLease(of: lost, cut, living, upstream)
          }
        }
      }
    }
  }

  private func loseLease(
    of lost: RillTestServer, _ cut: WrappedCluster, _ living: RillTestServer, _ upstream: ScriptedUpstream
  ) async throws {
    let run = UUID()
    let seen = try await lost.client.ask("What does the river do?", run: run) { stream in
      let events = try await stream.events { $0.text == " river" }
      cut.cut()
      // The connection ends, and nothing says that the run has.
      let rest = try await stream.events()
      #expect(rest.isEmpty)
      return events
    }
    _ = try await upstream.request().connection.closed()
    let last = try #require(seen.last?.id)
    let path = "/chat/runs/\(run.wireString)/stream"
    // It says at once that it cannot help, so that the reader goes elsewhere.
    let refused = try await lost.client.send("GET", path)
    #expect(refused.status == 503)
    #expect(try refused.decoded()["code"] as? String == "STORE_UNAVAILABLE")
    #expect(try await lost.client.send("GET", "/ready").status == 503)
    #expect(try await lost.client.send("GET", "/health").status == 200)
    let end = try await living.client.open("GET", path, headers: ["Last-Event-ID": "\(last)"]) {
      try await $0.events()
    }
    #expect(end.last?.type == "error" && end.last?["code"] == "INTERRUPTED")
    #expect(end.allSatisfy { $0.id > last })
    let status = try await living.client.send("GET", "/chat/runs/\(run.wireString)").decoded()
    #expect(status["status"] as? String == "interrupted")
    cut.mend()
    try await eventually("it is back") { try await lost.client.send("GET", "/sessions").status == 200 }
    // It is a node like any other again.
    let next = try await lost.client.open("GET", path) { try await $0.events() }
    #expect(next.text == "The river" && next.last?["code"] == "INTERRUPTED")
  }

  @Test(
    "Runs of a node that died are ended by another one; their readers there get what was stored, and go on")
  func deadNode() async throws {
    try await withRillNodes(
      1, configure: Self.shortLease,
      script: { _, answer in try await answer.stream(tokens: ["Anew"]) }
    ) { cluster in
      let ghost = try await TestDatabase.postgres(url: cluster.url)
      try await ghost.database.cluster?.renewLease(for: .seconds(2))
      let begun = try await GhostRun.begin(in: ghost.stores, tokens: ["The", " river"])
      let path = "/chat/runs/\(begun.run.wireString)"
      let events = try await cluster[0].client.open("GET", path + "/stream") { try await $0.events() }
      #expect(events.text == "The river")
      #expect(events.last?.type == "error" && events.last?["code"] == "INTERRUPTED")
      let message = try #require(try await cluster[0].conversations.message(id: begun.message))
      #expect(message.content == "The river" && message.status == .interrupted)
      let continued = try await cluster[0].client.open("POST", path + "/continue", body: "{}") {
        try await $0.events()
      }
      #expect(continued.text == "Anew" && continued.last?.type == "done")
    }
  }

  @Test("A node that comes back with its id finds its former runs ended at once, not after its lease")
  func comesBack() async throws {
    try await TestPostgres.withSchema { url in
      let node = UUID()
      let ghost = try await TestDatabase.postgres(url: url, node: node)
      try await ghost.database.cluster?.renewLease(for: .seconds(3_600))
      let begun = try await GhostRun.begin(in: ghost.stores, tokens: ["The"])
      // The same node id, a new process.
      let successor = try await TestDatabase.postgres(url: url, node: node)
      try await withRill(database: successor) { rill in
        let status = try await rill.client.send("GET", "/chat/runs/\(begun.run.wireString)").decoded()
        #expect(status["status"] as? String == "interrupted")
      }
    }
  }
}

extension LeaseTests {
  @Test(
    "A run whose beginning was stored, though nobody heard of it, is ended by the node that nobody works on it at"
  )
  func stray() async throws {
    try await TestPostgres.withSchema { url in
      let database = try await TestDatabase.postgres(url: url)
      try await withRill(configure: Self.shortLease, database: database) { rill in
        // Through the node's own store, so it counts as begun by it.
        let begun = try await GhostRun.begin(in: database.stores, tokens: ["The", " river"])
        let path = "/chat/runs/\(begun.run.wireString)"
        let events = try await rill.client.open("GET", path + "/stream") { try await $0.events() }
        #expect(events.text == "The river" && events.last?["code"] == "INTERRUPTED")
      }
    }
  }
}

/// A run as a process leaves it that dies in the middle of it.
private struct GhostRun {
  let run: UUID
  let message: UUID

  static func begin(in stores: Stores, tokens: [String]) async throws -> GhostRun {
    let (session, run) = (UUID(), UUID())
    let question = Message(
      id: UUID(), sessionID: session, parentID: nil, role: .user, content: "What does the river do?",
      status: .done, createdAt: .now)
    let model = ModelDescriptor(provider: "openai", model: "scripted")
    let answer = Message(
      id: UUID(), sessionID: session, parentID: question.id, role: .assistant, content: "", status: .running,
      createdAt: .now, answer: AnswerDetails(runID: run, model: model))
    let record = RunRecord(
      id: run, sessionID: session, messageID: answer.id, fingerprint: "", threadID: run.wireString,
      createdAt: .now)
    let first = RunEvent.metadata(
      RunMetadata(sessionID: session, runID: run, messageID: answer.id, parentID: question.id, model: model))
    let events = ([first] + tokens.map(RunEvent.token)).enumerated().map {
      LoggedEvent(id: $0 + 1, milliseconds: 0, event: $1)
    }
    let results = try await stores.runs.apply([
      .begin(
        RunBeginning(
          newSession: Session(id: session, title: "River", createdAt: .now, updatedAt: .now),
          newMessages: [question, answer], run: record)),
      .append(
        RunLogBatch(
          runID: run, firstID: 1, lastID: events.count, tokenCount: tokens.count,
          payload: try RunLogCodec.encode(events))),
    ])
    for case let error? in results { throw error }
    return GhostRun(run: run, message: answer.id)
  }
}
