import Foundation
import Graph
import Storage
import TestSupport
import Testing

@testable import App

/// SIGTERM: running answers get their time, then every stream ends with a word.
@Suite struct ShutdownTests {
  @Test("A run that does not finish in time is cancelled with reason shutdown, stored, and its stream ends")
  func shutdown() async throws {
    let script = StopTests.silentAfter(["The", " river"])
    let database = try await TestDatabase.fresh()
    try await withScriptedUpstream(script) { upstream in
      let service = try RunServiceFixture.make(upstream: upstream, database: database) {
        $0.shutdownGrace = .milliseconds(1)
        // Nothing is written before the end.
        $0.flushInterval = .seconds(60)
      }
      try await withThrowingTaskGroup(of: Void.self) { group -> Void in
        group.addTask { try await service.run() }
        let reader = try await service.start(RunRequest(message: "What does the river do?"))
        while (reader.run?.log.tokenCount ?? 2) < 2 { _ = await reader.next() }
        service.beginShutdown()
        await #expect(throws: RequestError.shuttingDown) {
          _ = try await service.start(RunRequest(message: "Another question"))
        }
        while await reader.next() != nil {}
        guard case .cancelled(let messageID, .shutdown) = reader.terminalEvent else {
          Issue.record("the run was not cancelled by the shutdown")
          return
        }
        let message = try await database.conversations.message(id: messageID)
        #expect(message?.content == "The river")
        // It can be continued, like one that was cut off by a crash.
        #expect(message?.status == .interrupted)
        #expect(message?.answer?.finishReason == "shutdown")
        let run = try #require(message?.answer?.runID)
        #expect(try await database.runs.run(id: run)?.status == .interrupted)
        #expect(try await database.checkpointer.latest(threadID: run.wireString) != nil)
        try await group.waitForAll()
      }
    }
  }

  @Test("A run that finishes in time is done, and the service ends with it")
  func finishInTime() async throws {
    let gate = StepGate()
    let database = try await TestDatabase.fresh()
    try await withScriptedUpstream({ _, answer in
      try await answer.stream(tokens: ["a", "b"], gate: gate)
    }) { upstream in
      let service = try RunServiceFixture.make(upstream: upstream, database: database) {
        $0.shutdownGrace = .seconds(60)
      }
      try await withThrowingTaskGroup(of: Void.self) { group -> Void in
        group.addTask { try await service.run() }
        let reader = try await service.start(RunRequest(message: "What does the river do?"))
        service.beginShutdown()
        gate.openForGood()
        while await reader.next() != nil {}
        guard case .done = reader.terminalEvent else {
          Issue.record("the run was cut")
          return
        }
        try await group.waitForAll()
      }
    }
  }
}
