import Foundation
import Graph
import Synchronization
import TestSupport
import Testing

@testable import App

/// Counts from 1.
private final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}

/// The table of error codes, over real sockets.
@Suite struct FailureTests {
  /// One row: what the upstream does, and what the user gets.
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var code: String
    var isRetryable: Bool
    var script: ScriptedUpstream.Script
  }

  static func status(_ status: Int, _ code: String, retryable: Bool, headers: [String: String] = [:]) -> Row {
    Row(testDescription: "upstream \(status)", code: code, isRetryable: retryable) { _, answer in
      try await answer.respond(status, headers, body: #"{"error":{"message":"no sk-secret123456789"}}"#)
    }
  }

  static let rows: [Row] = [
    status(400, "MODEL_REJECTED", retryable: false),
    status(401, "MODEL_REJECTED", retryable: false),
    status(403, "MODEL_REJECTED", retryable: false),
    status(404, "MODEL_REJECTED", retryable: false),
    status(429, "MODEL_RATE_LIMITED", retryable: true, headers: ["retry-after": "7"]),
    status(500, "MODEL_UNAVAILABLE", retryable: true),
    status(503, "MODEL_UNAVAILABLE", retryable: true),
    Row(testDescription: "breaks off", code: "MODEL_UNAVAILABLE", isRetryable: true) { _, answer in
      try await answer.streamHead()
      try await answer.token("The riv")
      try await answer.cut()
    },
    Row(testDescription: "malformed frame", code: "MODEL_UNAVAILABLE", isRetryable: true) { _, answer in
      try await answer.streamHead()
      try await answer.send("data: {\"choices\": [\n\n")
      try await answer.finish()
    },
    Row(testDescription: "no answer at all", code: "MODEL_UNAVAILABLE", isRetryable: true) { _, answer in
      try await answer.stream(tokens: [])
    },
  ]

  @Test("Each upstream fault ends the run with its code, once, and keeps the session", arguments: rows)
  func errorCodes(_ row: Row) async throws {
    try await withRill(script: row.script) { rill in
      let events = try await rill.client.ask("What does the river do?")
      let error = try #require(events.last)
      #expect(error.type == "error")
      #expect(events.count { $0.isTerminal } == 1)
      #expect(error["code"] == row.code)
      #expect(error["retryable"] == row.isRetryable)
      #expect(!error.frame.contains("sk-secret"))
      if row.code == "MODEL_RATE_LIMITED" { #expect(error["retry_after_ms"] == 7_000) }

      let session = try #require(
        events.first?["session_id", as: String.self].flatMap(UUID.init(uuidString:)))
      let messages = try await rill.conversations.messages(sessionID: session)
      #expect(messages.map(\.role) == [.user, .assistant])
      #expect(messages[1].status == .error)
      #expect(messages[1].content == events.text)
      #expect(messages[1].answer?.errorCode == row.code)
    }
  }

  @Test("30 s without activity from the model end the run with TIMEOUT; activity before that does not")
  func idleTimeout() async throws {
    let clock = ManualClock()
    let gate = StepGate()
    try await withRill(
      clock: clock,
      script: { _, answer in
        try await answer.streamHead()
        try await answer.token("one")
        try await gate.pass()
        try await answer.token("two")
        try await answer.hang()
      }
    ) { rill in
      try await rill.client.ask("What does the river do?") { stream in
        try await stream.events { $0.text == "one" }
        for _ in 0..<25 { try await clock.tick(.seconds(1)) }
        gate.open()
        // 25 s of silence were not too long; the limit begins anew.
        try await stream.events { $0.text == "two" }
        for _ in 0..<25 { try await clock.tick(.seconds(1)) }
        #expect(!(try await rill.upstream.request().connection.isClosed))
        for _ in 0..<8 { try await clock.tick(.seconds(1)) }
        let error = try #require(try await stream.events().last)
        #expect(error["code"] == "TIMEOUT")
        #expect(error["retryable"] == true)
        _ = try await rill.upstream.request().connection.closed()
      }
    }
  }

  @Test("Retry after an error: the same parent_id, and the user's message is not stored twice")
  func retry() async throws {
    let attempts = Counter()
    try await withRill(script: { _, answer in
      guard attempts.next() > 1 else { return try await answer.respond(500) }
      try await answer.stream(tokens: ["It flows."])
    }) { rill in
      let failed = try await rill.client.ask("What does the river do?")
      let metadata = try #require(failed.first)
      let session = try #require(metadata["session_id", as: String.self].flatMap(UUID.init(uuidString:)))
      let parent = try #require(metadata["parent_id", as: String.self].flatMap(UUID.init(uuidString:)))
      let retried = try await rill.client.ask(
        "What does the river do?", session: session, run: UUID(), parent: parent)
      #expect(retried.text == "It flows.")
      #expect(retried.first?["parent_id"] == parent.wireString)
      let messages = try await rill.conversations.messages(sessionID: session)
      #expect(messages.map(\.role) == [.user, .assistant, .assistant])
      #expect(messages.map(\.status) == [.done, .error, .done])
    }
  }

  @Test("A retry without parent_id finds the question that failed, too")
  func retryWithoutParent() async throws {
    let attempts = Counter()
    try await withRill(script: { _, answer in
      guard attempts.next() > 1 else { return try await answer.respond(500) }
      try await answer.stream(tokens: ["It flows."])
    }) { rill in
      let failed = try await rill.client.ask("What does the river do?")
      let session = try #require(
        failed.first?["session_id", as: String.self].flatMap(UUID.init(uuidString:)))
      _ = try await rill.client.ask("What does the river do?", session: session)
      let messages = try await rill.conversations.messages(sessionID: session)
      #expect(messages.map(\.role) == [.user, .assistant, .assistant])
    }
  }

  @Test("A model that says the prompt is too long gets a shorter one; when none fits: CONTEXT_TOO_LONG")
  func contextTooLong() async throws {
    try await withRill(script: { _, answer in
      try await answer.respond(
        400, body: #"{"error":{"code":"context_length_exceeded","message":"maximum context length is 9"}}"#)
    }) { rill in
      let error = try #require(try await rill.client.ask("What does the river do?").last)
      #expect(error["code"] == "CONTEXT_TOO_LONG")
      #expect(error["retryable"] == false)
    }
  }

  @Test("The blocking POST /chat tells the same errors by a status")
  func blockingError() async throws {
    try await withRill(script: { _, answer in try await answer.respond(429, ["retry-after": "3"]) }) { rill in
      let response = try await rill.client.send(
        "POST", "/chat", body: HTTPTestClient.question("What does the river do?"))
      #expect(response.status == 503)
      #expect(response.headers["retry-after"] == "3")
      #expect(try response.decoded()["code"] as? String == "MODEL_RATE_LIMITED")
    }
  }
}
