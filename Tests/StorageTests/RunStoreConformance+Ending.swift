import Foundation
import Graph
import Testing

extension RunStoreConformance {
  static let endings: [Case] = [
    Case("ends a run with its last events, its answer and its status together") { stores in
      for status in [Message.Status.done, .cancelled, .error, .interrupted] {
        let run = try await stores.beginRun()
        try await stores.apply(.append(run.batch(1...3)))
        try await stores.apply(.end(run.ending(4...9, tokens: 5, status: status, at: 61.5)))
        var record = run.run
        record.status = status
        record.lastEventID = 9
        record.tokenCount = 5
        record.endedAt = time(61.5)
        #expect(try await stores.runs.run(id: run.id) == record)
        #expect(try await stores.conversations.message(id: run.answer.id) == run.finished(status: status))
        #expect(try await stores.runs.log(runID: run.id, after: 3, limit: 9).map(\.lastID) == [9])
        #expect(try await stores.runs.runningRuns(limit: 9).isEmpty)
      }
    },
    Case("ends a run whose events are all stored already") { stores in
      let run = try await stores.beginRun()
      try await stores.apply(.append(run.batch(1...3)))
      try await stores.apply(.end(run.ending()))
      #expect(try await stores.runs.run(id: run.id)?.lastEventID == 3)
      #expect(try await stores.runs.run(id: run.id)?.status == .done)
    },
    Case("leaves the session's time alone when a run ends") { stores in
      let run = try await stores.beginRun()
      try await stores.apply(.end(run.ending(1...1)))
      #expect(try await stores.conversations.session(id: run.session.id)?.updatedAt == run.answer.createdAt)
    },
    Case("refuses an end that is none, or of another message or run, and stores nothing of it") { stores in
      let run = try await stores.beginRun()
      let other = try await stores.beginRun()
      try await stores.expectRefusal(.conflict, of: .end(run.ending(1...2, status: .running)))
      var stolen = run.ending(1...2)
      stolen.message = other.finished()
      try await stores.expectRefusal(.conflict, of: .end(stolen))
      var mixed = run.ending(1...2)
      mixed.batch = other.batch(1...2)
      try await stores.expectRefusal(.conflict, of: .end(mixed))
      for fixture in [run, other] {
        #expect(try await stores.runs.run(id: fixture.id) == fixture.run)
        #expect(try await stores.conversations.message(id: fixture.answer.id) == fixture.answer)
      }
    },
  ]

  static let checkpoints: [Case] = [
    Case("keeps the newest checkpoint of a running run, and only that") { stores in
      let run = try await stores.beginRun()
      try await stores.apply(.checkpoint(run.checkpoint(1, state: "one"), runID: run.id))
      let second = run.checkpoint(2, state: "two")
      try await stores.apply(
        .checkpoint(run.checkpoint(2), runID: run.id), .checkpoint(second, runID: run.id))
      #expect(try await stores.checkpointer.list(threadID: run.run.threadID) == [second])
    },
    Case("refuses a checkpoint of another thread") { stores in
      let run = try await stores.beginRun()
      try await stores.expectRefusal(.conflict, of: .checkpoint(RunFixture().checkpoint(), runID: run.id))
    },
    Case("forgets the checkpoints when a run ends, and keeps those of an interrupted one") { stores in
      for status in [Message.Status.done, .cancelled, .error, .interrupted] {
        let run = try await stores.beginRun()
        try await stores.apply(.checkpoint(run.checkpoint(), runID: run.id))
        try await stores.apply(.end(run.ending(1...1, status: status)))
        let kept = try await stores.checkpointer.latest(threadID: run.run.threadID)
        #expect(kept == (status == .interrupted ? run.checkpoint() : nil))
      }
    },
    Case("hands an interrupted run's thread on to the run that continues it") { stores in
      let run = try await stores.beginRun()
      try await stores.apply(.checkpoint(run.checkpoint(3), runID: run.id))
      try await stores.apply(.end(run.ending(1...1, status: .interrupted)))
      let continuation = run.continuation()
      try await stores.apply(.begin(continuation))
      #expect(try await stores.checkpointer.latest(threadID: run.run.threadID) == run.checkpoint(3))
      try await stores.apply(.checkpoint(run.checkpoint(4), runID: continuation.run.id))
      #expect(try await stores.checkpointer.latest(threadID: run.run.threadID) == run.checkpoint(4))
      var message = run.finished("Whole.")
      message.answer?.runID = continuation.run.id
      try await stores.apply(
        .end(RunEnding(runID: continuation.run.id, batch: nil, message: message, endedAt: time(120))))
      #expect(try await stores.checkpointer.latest(threadID: run.run.threadID) == nil)
      #expect(try await stores.conversations.message(id: run.answer.id) == message)
    },
  ]

  static let deletions: [Case] = [
    Case("deletes a session's runs, events and checkpoints with it, and only those") { stores in
      let gone = try await stores.beginRun()
      let kept = try await stores.beginRun()
      for run in [gone, kept] {
        try await stores.apply(.append(run.batch(1...2)), .checkpoint(run.checkpoint(), runID: run.id))
      }
      #expect(try await stores.conversations.deleteSession(id: gone.session.id))
      #expect(try await stores.runs.run(id: gone.id) == nil)
      #expect(try await stores.runs.log(runID: gone.id, after: 0, limit: 9).isEmpty)
      #expect(try await stores.checkpointer.list(threadID: gone.run.threadID).isEmpty)
      #expect(try await stores.runs.run(id: kept.id)?.lastEventID == 2)
      #expect(try await stores.runs.log(runID: kept.id, after: 0, limit: 9) == [kept.batch(1...2)])
      #expect(try await stores.checkpointer.latest(threadID: kept.run.threadID) == kept.checkpoint())
    },
    Case("takes nothing more of a run whose session was deleted while it was going on") { stores in
      let run = try await stores.beginRun()
      try await stores.apply(.append(run.batch(1...2)))
      _ = try await stores.conversations.deleteSession(id: run.session.id)
      try await stores.expectRefusal(.notFound, of: .append(run.batch(3...3)))
      try await stores.expectRefusal(.notFound, of: .checkpoint(run.checkpoint(), runID: run.id))
      try await stores.expectRefusal(.notFound, of: .end(run.ending(3...4)))
      #expect(try await stores.conversations.message(id: run.answer.id) == nil)
      #expect(try await stores.runs.runningRuns(limit: 9).isEmpty)
      // The same request may come again, and begins anew.
      try await stores.apply(.begin(run.beginning))
      #expect(try await stores.runs.run(id: run.id) == run.run)
      #expect(try await stores.runs.log(runID: run.id, after: 0, limit: 9).isEmpty)
    },
    Case("marks only messages without a running run as interrupted") { stores in
      let run = try await stores.beginRun()
      let lost = makeAnswer(to: run.question)
      try await stores.conversations.add([lost])
      let sentence = "Rill was stopped."
      #expect(
        try await stores.conversations.interruptRunningMessages(errorCode: "X", errorMessage: sentence) == 1)
      #expect(try await stores.conversations.message(id: lost.id)?.status == .interrupted)
      #expect(try await stores.conversations.message(id: run.answer.id) == run.answer)
    },
  ]

  static let batches: [Case] = [
    Case("applies nothing for no changes") { stores async throws in
      #expect(try await stores.runs.apply([]).isEmpty)
    },
    Case("applies changes in their order, a whole run in one call") { stores in
      let run = RunFixture()
      try await stores.apply(
        .begin(run.beginning), .append(run.batch(1...2)), .checkpoint(run.checkpoint(), runID: run.id),
        .append(run.batch(3...8, tokens: 6)), .end(run.ending(9...9)))
      #expect(try await stores.runs.run(id: run.id)?.lastEventID == 9)
      #expect(try await stores.runs.log(runID: run.id, after: 0, limit: 9).map(\.lastID) == [2, 8, 9])
      #expect(try await stores.conversations.message(id: run.answer.id) == run.finished())
    },
    Case("leaves the other changes unharmed by those that are refused, and says which those were") { stores in
      let good = RunFixture()
      let stored = try await stores.beginRun()
      // Its session and question are new and could be stored: only its last step fails.
      var late = RunFixture().beginning
      late.newMessages.append(stored.answer)
      let refusals = try await stores.runs.apply([
        .append(stored.batch(2...3)), .begin(good.beginning), .begin(late), .append(good.batch(1...4)),
        .begin(good.beginning), .end(RunFixture().ending()), .end(stored.ending(4...4)),
        .append(stored.batch(1...2)), .checkpoint(good.checkpoint(), runID: good.id),
      ])
      #expect(
        refusals.map { $0?.code }
          == [.conflict, nil, .conflict, nil, .conflict, .notFound, .conflict, nil, nil])
      #expect(try await stores.runs.run(id: good.id)?.lastEventID == 4)
      #expect(try await stores.runs.run(id: stored.id)?.lastEventID == 2)
      #expect(try await stores.runs.run(id: late.run.id) == nil)
      #expect(try await stores.conversations.session(id: late.run.sessionID) == nil)
      #expect(try await stores.conversations.message(id: stored.answer.id) == stored.answer)
      #expect(try await stores.checkpointer.latest(threadID: good.run.threadID) == good.checkpoint())
    },
    Case("carries a write through in a task that has been cancelled, and ends a read") { stores in
      let run = RunFixture()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          withUnsafeCurrentTask { $0?.cancel() }
          try await stores.apply(.begin(run.beginning), .append(run.batch(1...2)))
          try await stores.apply(.end(run.ending(3...3, status: .cancelled)))
          await #expect(throws: CancellationError.self) { _ = try await stores.runs.run(id: run.id) }
        }
        try await group.waitForAll()
      }
      #expect(try await stores.runs.run(id: run.id)?.status == .cancelled)
      #expect(try await stores.runs.log(runID: run.id, after: 0, limit: 9).map(\.lastID) == [2, 3])
    },
    Case("takes the changes of many runs from many tasks at once") { stores in
      let runs = (0..<8).map { _ in RunFixture() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for run in runs {
          group.addTask {
            try await stores.apply(.begin(run.beginning))
            for id in 1...20 { try await stores.apply(.append(run.batch(id...id, tokens: 1))) }
            try await stores.apply(.end(run.ending(21...21)))
          }
        }
        try await group.waitForAll()
      }
      for run in runs {
        #expect(try await stores.runs.run(id: run.id)?.tokenCount == 20)
        #expect(
          try await stores.runs.log(runID: run.id, after: 0, limit: 99).map(\.lastID) == Array(1...21))
      }
    },
  ]
}
