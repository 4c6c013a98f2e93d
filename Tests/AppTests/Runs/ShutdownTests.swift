import Foundation
import Graph
import Storage
import Synchronization
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
        while (reader.run?.log.tokenCount ?? 2) < 2 { _ = await reader.nextFrames() }
        service.beginShutdown()
        await #expect(throws: RequestError.shuttingDown) {
          _ = try await service.start(RunRequest(message: "Another question"))
        }
        while await reader.nextFrames() != nil {}
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

  @Test(
    "A run that was admitted when the server began to stop has its end like any other, and the service too")
  func admittedBefore() async throws {
    let database = try await TestDatabase.fresh()
    try await withScriptedUpstream(StopTests.silentAfter(["The", " river"])) { upstream in
      let stopping = OneShot<RunService>()
      // First for the session's id, then for those of the messages, after the run was admitted.
      let asked = Atomic(0)
      let service = try RunServiceFixture.make(
        upstream: upstream, database: database, configure: { $0.shutdownGrace = .milliseconds(1) },
        makeID: {
          if asked.add(1, ordering: .relaxed).oldValue == 1 { stopping.value?.beginShutdown() }
          return UUID()
        })
      stopping.fulfil(service)
      try await withThrowingTaskGroup(of: Void.self) { group -> Void in
        group.addTask { try await service.run() }
        let run = UUID()
        let reader = try await service.start(RunRequest(message: "What does the river do?", runID: run))
        while await reader.nextFrames() != nil {}
        #expect(try await database.runs.run(id: run)?.status == .interrupted)
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
        while await reader.nextFrames() != nil {}
        guard case .done = reader.terminalEvent else {
          Issue.record("the run was cut")
          return
        }
        try await group.waitForAll()
      }
    }
  }
}
