import Foundation
import Graph
import Logging
import Storage
import Synchronization
import TestSupport
import Testing

@testable import App

/// A user cannot tell which node answers: two of them share one PostgreSQL.
@Suite("Runs across nodes", .enabled(if: TestPostgres.isGiven), .timeLimit(.minutes(2)))
struct RunsAcrossNodesTests {
  private static let silent = StopTests.silentAfter(["The", " river"])

  @Test("A reader on another node gets the same events with the same ids, while they come")
  func reading() async throws {
    let gate = StepGate()
    try await withRillNodes(
      2,
      script: { _, answer in try await answer.stream(tokens: ["a", "b", "c"], gate: gate) }
    ) { cluster in
      let run = UUID()
      let begun = OneTimeSignal<Void>()
      gate.open(1)
      async let own = cluster[0].client.ask("What does the river do?", run: run) { stream in
        let first = try await stream.events { $0.text == "a" }
        begun.fire()
        return try await first + stream.events()
      }
      try await begun.value()
      let other = try await cluster[1].client.open("GET", "/chat/runs/\(run.wireString)/stream") { stream in
        #expect(stream.status == 200)
        let first = try await stream.events { $0.text == "a" }
        // It has the first token while the model waits for the gate to send the second.
        gate.openForGood()
        return try await first + stream.events()
      }
      #expect(try await own == other)
      #expect(other.map(\.id) == Array(1...other.count))
      #expect(other.text == "abc" && other.last?.type == "done")
    }
  }

  @Test("A reader on another node hears heartbeats while the model is silent")
  func heartbeats() async throws {
    try await withRillNodes(
      2, configure: { $0.runs.heartbeat = .milliseconds(200) }, script: Self.silent
    ) { cluster in
      let run = UUID()
      try await cluster[0].client.ask("What does the river do?", run: run) { own in
        try await own.events { $0.text == " river" }
        try await cluster[1].client.open("GET", "/chat/runs/\(run.wireString)/stream") { other in
          try await other.events { $0.text == " river" }
          #expect(try await other.nextBlock() == ": heartbeat")
        }
      }
    }
  }

  @Test("A reader that comes back to another node with its position gets exactly what it lacks")
  func resuming() async throws {
    let gate = StepGate()
    try await withRillNodes(
      2,
      script: { _, answer in
        try await answer.stream(tokens: (1...40).map { "\($0) " }, gate: gate)
      }
    ) { cluster in
      let run = UUID()
      var events = try await cluster[0].client.ask("What does the river do?", run: run) { own in
        gate.open(20)
        return try await own.events { $0.text == "20 " }
      }
      gate.openForGood()
      let last = try #require(events.last?.id)
      events += try await cluster[1].client.open(
        "GET", "/chat/runs/\(run.wireString)/stream", headers: ["Last-Event-ID": "\(last)"]
      ) { try await $0.events() }
      #expect(events.text == (1...40).map { "\($0) " }.joined())
      #expect(events.map(\.id).first == 1 && events.last?.type == "done")
      #expect(zip(events, events.dropFirst()).allSatisfy { $0.id < $1.id })
    }
  }

  @Test("Readers on another node keep a run alive; when the last has gone, it is cancelled as disconnected")
  func presence() async throws {
    let grace = Duration.seconds(2)
    try await withRillNodes(2, configure: { $0.runs.disconnectGrace = grace }, script: Self.silent) {
      cluster in
      let run = UUID()
      let path = "/chat/runs/\(run.wireString)"
      _ = try await cluster[0].client.ask("What does the river do?", run: run) { own in
        try await own.events { $0.text == " river" }
      }
      // The first reader has gone; the second one is here within the grace time.
      try await cluster[1].client.open("GET", path + "/stream") { other in
        try await other.events { $0.text == " river" }
        let began = ContinuousClock.now
        while ContinuousClock.now - began < grace * 2 {
          let status = try await cluster[0].client.send("GET", path).decoded()
          try #require(status["status"] as? String == "running")
        }
      }
      let connection = try await cluster.upstream.request().connection
      _ = try await connection.closed()
      let events = try await cluster[1].client.open("GET", path + "/stream") { try await $0.events() }
      #expect(events.last?.type == "cancelled" && events.last?["reason"] == "disconnected")
    }
  }

  @Test("Stop on another node closes the model's connection and answers when that is done")
  func stopping() async throws {
    try await withRillNodes(2, script: Self.silent) { cluster in
      let run = UUID()
      try await cluster[0].client.ask("What does the river do?", run: run) { own in
        try await own.events { $0.text == " river" }
        let receipt = try await cluster[1].client.stop(run).decoded()
        _ = try await cluster.upstream.request().connection.closed()
        #expect(receipt["status"] as? String == "cancelled")
        #expect(receipt["token_count"] as? Int == 2)
        let end = try #require(try await own.events().last)
        #expect(end.type == "cancelled" && end["reason"] == "user")
        #expect(end.id == receipt["last_event_id"] as? Int)
        let again = try await cluster[1].client.stop(run).decoded()
        #expect(again["last_event_id"] as? Int == receipt["last_event_id"] as? Int)
      }
    }
  }

  @Test("A stop that comes to another node before the run has begun ends it at once")
  func earlyStop() async throws {
    try await withRillNodes(2, script: Self.silent) { cluster in
      let run = UUID()
      #expect(try await cluster[1].client.stop(run).status == 200)
      let events = try await cluster[0].client.ask("What does the river do?", run: run)
      #expect(events.last?.type == "cancelled" && events.last?["reason"] == "user")
    }
  }

  @Test("A stop during which the run begins at another node waits for its end")
  func stopDuringTheStart() async throws {
    try await TestPostgres.withSchema { url in
      try await withScriptedUpstream(Self.silent) { upstream in
        let databases = try await [TestDatabase.postgres(url: url), TestDatabase.postgres(url: url)]
        let isTold = OneShot<Void>()
        let asking = WrappedCluster(
          try #require(databases[0].database.cluster), .init(beforeStopRequests: { try? await isTold.wait() })
        )
        try await withRill(database: databases[0], upstream: upstream, cluster: asking) { asked in
          let stopping = WrappedCluster(
            try #require(databases[1].database.cluster),
            .init(
              afterRequestStop: { run in
                try await eventually("it is stored") {
                  try await databases[1].stores.runs.run(id: run) != nil
                }
              }, beforeSend: { if $0.contains(where: \.isStop) { isTold.fulfil(()) } }))
          try await withRill(database: databases[1], upstream: upstream, cluster: stopping) { stopped in
            defer { isTold.fulfil(()) }
            let run = UUID()
            async let events = asked.client.ask("What does the river do?", run: run)
            let receipt = try await stopped.client.stop(run).decoded()
            #expect(receipt["status"] as? String == "cancelled")
            isTold.fulfil(())
            let end = try #require(try await events.last)
            #expect(end.type == "cancelled" && end.id == receipt["last_event_id"] as? Int)
          }
        }
        for database in databases { try await database.database.close() }
      }
    }
  }

  @Test("Who follows a run is told of its end, also when the run is forgotten at that moment")
  func toldOfTheEnd() async throws {
    try await TestPostgres.withSchema { url in
      let database = try await TestDatabase.postgres(url: url)
      let run = UUID()
      let told = OneShot<[NodeMessage]>()
      let cluster = WrappedCluster(
        try #require(database.database.cluster), .init(beforeSend: { told.fulfil($0) }))
      let exchange = RunExchange(cluster: cluster, logger: Logger(label: "test"))
      _ = exchange.followers.withLock { $0.follow(run: run, node: UUID(), now: .zero) }
      exchange.noteGrown([run])
      exchange.followers.withLock { $0.forget(run: run) }
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await exchange.tellFollowers() }
        let messages = try? await told.wait()
        #expect(messages == [.grown(run: run)])
        group.cancelAll()
      }
      try await database.database.close()
    }
  }

  @Test("The same request sent to both nodes at once is one run with one call of the model")
  func idempotency() async throws {
    try await withRillNodes(2) { cluster in
      for _ in 0..<5 {
        let run = UUID()
        let answers = try await withThrowingTaskGroup(of: [WireEvent].self) { group in
          for index in 0..<6 {
            group.addTask { try await cluster[index % 2].client.ask("What does the river do?", run: run) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        for events in answers {
          #expect(events.text == "Hello there")
          #expect(events.last?.frame == answers[0].last?.frame)
        }
        let others = try await cluster[1].client.ask("Something else?", run: run) { $0.status }
        #expect(others == 409)
      }
      #expect(cluster.upstream.requests.count == 5)
    }
  }

  @Test("A session has one active run on all nodes together: the second question gets 409 with the run's id")
  func sessionLimit() async throws {
    try await withRillNodes(2, script: Self.silent) { cluster in
      let first = try await cluster[0].client.ask("What does the river do?") { own in
        let events = try await own.events { $0.text == " river" }
        let session = try #require(events.first?["session_id", as: String.self].flatMap(UUID.init))
        let run = try #require(events.first?["run_id", as: String.self])
        let refused = try await cluster[1].client.send(
          "POST", "/chat/stream", body: HTTPTestClient.question("And then?", session: session))
        #expect(refused.status == 409)
        #expect(try refused.decoded()["code"] as? String == "RUN_ACTIVE")
        #expect(try refused.decoded()["run_id"] as? String == run)
        let shown = try await cluster[1].client.send("GET", "/sessions/\(session.wireString)").decoded()
        #expect((shown["active_run"] as? [String: Any])?["run_id"] as? String == run)
        return (session: session, run: try #require(UUID(uuidString: run)))
      }
      _ = try await cluster[1].client.stop(first.run)
      let next = try await cluster[1].client.ask("And then?", session: first.session) { stream in
        try await stream.events { $0.text == " river" }
      }
      #expect(next.first?.type == "metadata")
    }
  }

  @Test("Two questions in one session to two nodes at once: one is answered, the other is refused")
  func simultaneous() async throws {
    try await withRillNodes(2) { cluster in
      let opened = try await cluster[0].client.ask("Hello river")
      let session = try #require(opened.first?["session_id", as: String.self].flatMap(UUID.init))
      for round in 0..<8 {
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
          for index in 0..<2 {
            group.addTask {
              try await cluster[index].client.ask("Question \(round) \(index)?", session: session) { stream in
                _ = try await stream.events()
                return stream.status
              }
            }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.contains(200))
        #expect(statuses.allSatisfy { [200, 409].contains($0) })
      }
      let messages = try await cluster[1].conversations.messages(sessionID: session)
      #expect(messages.filter { $0.role == .assistant }.allSatisfy { $0.status == .done })
    }
  }

  @Test("Deleting a session on one node ends its run on another")
  func deletion() async throws {
    try await withRillNodes(2, script: Self.silent) { cluster in
      try await cluster[0].client.ask("What does the river do?") { own in
        let events = try await own.events { $0.text == " river" }
        let session = try #require(events.first?["session_id", as: String.self])
        #expect(try await cluster[1].client.send("DELETE", "/sessions/\(session)").status == 204)
        _ = try await cluster.upstream.request().connection.closed()
        #expect(try await own.events().last?.type == "cancelled")
        #expect(try await cluster[0].client.send("GET", "/sessions/\(session)").status == 404)
        // The node that ran it forgets it when it hears of it.
        let run = try #require(events.first?["run_id", as: String.self])
        try await eventually("forgotten") {
          try await cluster[0].client.send("GET", "/chat/runs/\(run)").status == 404
        }
      }
    }
  }
}

extension NodeMessage {
  fileprivate var isStop: Bool {
    if case .stop = self { true } else { false }
  }
}
