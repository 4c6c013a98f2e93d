import Foundation
import Graph
import Storage
import TestSupport
import Testing

@testable import App

/// Who may start a run, and what a repeated request does.
@Suite struct AdmissionTests {
  @Test("The same run_id with the same body attaches from the beginning and never asks the model twice")
  func idempotency() async throws {
    try await withRill { rill in
      let run = UUID()
      let first = try await rill.client.ask("What does the river do?", run: run)
      let second = try await rill.client.ask("What does the river do?", run: run)
      #expect(first.map(\.frame) == second.map(\.frame))
      #expect(rill.upstream.requests.count == 1)
    }
  }

  @Test("Two equal requests at the same moment are one run")
  func doubleClick() async throws {
    try await withRill { rill in
      let run = UUID()
      let texts = try await withThrowingTaskGroup(of: [WireEvent].self) { group in
        for _ in 0..<8 { group.addTask { try await rill.client.ask("What does the river do?", run: run) } }
        return try await group.reduce(into: []) { $0.append($1.text) }
      }
      #expect(texts == Array(repeating: "Hello there", count: 8))
      #expect(rill.upstream.requests.count == 1)
    }
  }

  @Test("The same run_id with another body is 409 RUN_CONFLICT")
  func conflict() async throws {
    try await withRill { rill in
      let run = UUID()
      _ = try await rill.client.ask("What does the river do?", run: run)
      let response = try await rill.client.send(
        "POST", "/chat/stream", body: HTTPTestClient.question("Something else", run: run))
      #expect(response.status == 409)
      #expect(try response.decoded()["code"] as? String == "RUN_CONFLICT")
    }
  }

  @Test("A known run_id attaches across a restart and a forgotten log, too")
  func idempotencyFromTheStore() async throws {
    let database = try await TestDatabase.fresh()
    let (run, session) = (UUID(), UUID())
    try await database.addAnsweredQuestion("What does the river do?", "It flows.", session: session, run: run)
    try await withRill(database: database) { rill in
      let events = try await rill.client.ask("What does the river do?", session: session, run: run)
      #expect(events.types == ["metadata", "snapshot", "done"])
      #expect(events[1]["text"] == "It flows.")
      #expect(rill.upstream.requests.isEmpty)
      try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<16 {
          group.addTask {
            try await rill.client.ask("What does the river do?", session: session, run: run).types
          }
        }
        for try await types in group { #expect(types == ["metadata", "snapshot", "done"]) }
      }
      let other = try await rill.client.send(
        "POST", "/chat/stream", body: HTTPTestClient.question("Else?", session: session, run: run))
      #expect(try other.decoded()["code"] as? String == "RUN_CONFLICT")
    }
  }

  @Test("A session with an active run answers 409 RUN_ACTIVE with its run_id")
  func sessionBusy() async throws {
    try await withRill(script: StopTests.silentAfter(["x"])) { rill in
      let run = UUID()
      try await rill.client.ask("What does the river do?", run: run) { stream in
        let events = try await stream.events { $0.type == "token" }
        let session = events.first?["session_id", as: String.self].flatMap(UUID.init(uuidString:))
        let response = try await rill.client.send(
          "POST", "/chat/stream", body: HTTPTestClient.question("And now?", session: session))
        #expect(response.status == 409)
        #expect(try response.decoded()["code"] as? String == "RUN_ACTIVE")
        #expect(try response.decoded()["run_id"] as? String == run.wireString)
        _ = try await rill.client.stop(run)
      }
    }
  }

  @Test("Whoever has read the end of an answer may ask the next question at once")
  func nextQuestionAtOnce() async throws {
    let database = try await TestDatabase.fresh()
    let session = UUID()
    try await database.conversations.createSession(
      Session(id: session, title: "t", createdAt: .now, updatedAt: .now))
    try await withScriptedUpstream({ _, answer in try await answer.stream(tokens: ["a"]) }) { upstream in
      let service = try RunServiceFixture.make(upstream: upstream, database: database)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        for _ in 0..<40 {
          let reader = try await service.start(RunRequest(message: "And then?", sessionID: session))
          while await reader.nextFrames() != nil {
            guard reader.terminalEvent != nil else { continue }
            #expect(try await service.activeRun(sessionID: session) == nil)
          }
        }
        service.beginShutdown()
        try await group.waitForAll()
      }
    }
  }

  @Test("More runs than allowed are 503 OVERLOADED with Retry-After")
  func overloaded() async throws {
    try await withRill(configure: { $0.runs.limits.runs = 1 }, script: StopTests.silentAfter(["x"])) { rill in
      try await rill.client.ask("What does the river do?") { stream in
        try await stream.events { $0.type == "token" }
        let response = try await rill.client.send(
          "POST", "/chat/stream", body: HTTPTestClient.question("Me too"))
        #expect(response.status == 503)
        #expect(response.headers["retry-after"] != nil)
        #expect(try response.decoded()["code"] as? String == "OVERLOADED")
        #expect(try response.decoded()["retryable"] as? Bool == true)
      }
    }
  }

  @Test("An unknown session is 404 and leaves nothing behind")
  func unknownSession() async throws {
    try await withRill { rill in
      let session = UUID()
      let response = try await rill.client.send(
        "POST", "/chat/stream", body: HTTPTestClient.question("Hello?", session: session))
      #expect(response.status == 404)
      let again = try await rill.client.send(
        "POST", "/chat/stream", body: HTTPTestClient.question("Hello?", session: session))
      #expect(again.status == 404)
    }
  }

  @Test("20 runs at once stream side by side")
  func manyRuns() async throws {
    let gate = StepGate()
    try await withRill(script: { _, answer in
      try await answer.streamHead()
      try await answer.token("begun")
      try await gate.pass()
      try await answer.token(" done")
      try await answer.end()
    }) { rill in
      let began = StepGate()
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await rill.client.ask("What does the river do?") { stream in
              let head = try await stream.events { $0.type == "token" }
              began.open()
              return (head + (try await stream.events())).text
            }
          }
        }
        // Nobody can finish before everybody has begun.
        for _ in 0..<20 { try await began.pass() }
        gate.openForGood()
        for try await text in group { #expect(text == "begun done") }
      }
    }
  }
}

extension TestDatabase {
  /// Stores a conversation of which only the messages are left.
  fileprivate func addAnsweredQuestion(
    _ text: String, _ reply: String, session: UUID, run: UUID
  ) async throws {
    let question = Message(
      id: UUID(), sessionID: session, parentID: nil, role: .user, content: text, status: .done,
      createdAt: .now)
    var answer = Message(
      id: UUID(), sessionID: session, parentID: question.id, role: .assistant, content: "", status: .running,
      createdAt: .now,
      answer: AnswerDetails(runID: run, model: ModelDescriptor(provider: "openai", model: "m")))
    let fingerprint = RunFingerprint(message: text, sessionID: session)
    let record = RunRecord(
      id: run, sessionID: session, messageID: answer.id, fingerprint: fingerprint.digest, threadID: "",
      createdAt: .now)
    let begin = RunChange.begin(
      RunBeginning(
        newSession: Session(id: session, title: "t", createdAt: .now, updatedAt: .now),
        newMessages: [question, answer], run: record))
    (answer.content, answer.status) = (reply, .done)
    let batch = RunLogBatch(runID: run, firstID: 1, lastID: 9, tokenCount: 3, payload: Data())
    let end = RunChange.end(RunEnding(runID: run, batch: batch, message: answer, endedAt: .now))
    #expect(try await runs.apply([begin, end]).allSatisfy { $0 == nil })
    #expect(try await runs.compactRuns(endedBefore: .distantFuture, limit: 1) == 1)
  }
}
