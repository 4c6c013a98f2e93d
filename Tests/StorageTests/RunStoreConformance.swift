import Foundation
import Graph
import Testing

/// What every ``RunStore`` does, together with the stores of the same database.
enum RunStoreConformance {
  typealias Case = ConformanceCase<RunStores>

  static let cases: [Case] =
    beginnings + sessions + logs + paging + endings + checkpoints + deletions + batches + compaction

  private static let beginnings: [Case] = [
    Case("begins a run with its session and messages, as they were given") { stores in
      let run = try await stores.beginRun(RunFixture(at: 3))
      #expect(try await stores.runs.run(id: run.id) == run.run)
      #expect(try await stores.conversations.session(id: run.session.id)?.title == run.session.title)
      #expect(
        try await stores.conversations.messages(sessionID: run.session.id) == [run.question, run.answer])
      #expect(try await stores.runs.run(id: UUID()) == nil)
    },
    Case("moves the session up to its newest message when a run begins") { stores in
      let run = try await stores.beginRun(RunFixture(at: 40))
      #expect(try await stores.conversations.session(id: run.session.id)?.updatedAt == run.answer.createdAt)
    },
    Case("begins a run in a session that is stored") { stores in
      let run = RunFixture()
      try await stores.conversations.createSession(run.session)
      var beginning = run.beginning
      beginning.newSession = nil
      try await stores.apply(.begin(beginning))
      #expect(try await stores.conversations.messages(sessionID: run.session.id).count == 2)
    },
    Case("refuses to begin a run twice, and leaves the first as it is") { stores in
      let run = try await stores.beginRun()
      let other = RunFixture()
      var repeated = other.beginning
      repeated.run = RunRecord(
        id: run.id, sessionID: other.session.id, messageID: other.answer.id, fingerprint: "other",
        threadID: "other", createdAt: time(9))
      try await stores.expectRefusal(.conflict, of: .begin(repeated))
      #expect(try await stores.runs.run(id: run.id) == run.run)
      #expect(try await stores.conversations.session(id: other.session.id) == nil)
      try await stores.apply(.end(run.ending(1...1)))
      try await stores.expectRefusal(.conflict, of: .begin(run.beginning))
    },
    Case("refuses to begin a run in a session or for a message that is not there") { stores in
      let run = RunFixture()
      var homeless = run.beginning
      homeless.newSession = nil
      try await stores.expectRefusal(.notFound, of: .begin(homeless))
      var speechless = run.beginning
      speechless.newMessages = [run.question]
      try await stores.expectRefusal(.notFound, of: .begin(speechless))
      var reopening = run.continuation()
      try await stores.expectRefusal(.notFound, of: .begin(reopening))
      reopening.newSession = run.session
      try await stores.expectRefusal(.notFound, of: .begin(reopening))
      #expect(try await stores.conversations.session(id: run.session.id) == nil)
      #expect(try await stores.conversations.message(id: run.question.id) == nil)
      #expect(try await stores.runs.run(id: run.id) == nil)
    },
    Case("refuses a session or a message that is stored already, and stores nothing of that run") { stores in
      let first = try await stores.beginRun()
      let second = RunFixture()
      var beginning = second.beginning
      beginning.newSession = first.session
      try await stores.expectRefusal(.conflict, of: .begin(beginning))
      beginning = second.beginning
      beginning.newMessages.insert(first.question, at: 1)
      try await stores.expectRefusal(.conflict, of: .begin(beginning))
      #expect(try await stores.conversations.session(id: second.session.id) == nil)
      #expect(try await stores.conversations.message(id: second.question.id) == nil)
      #expect(try await stores.runs.run(id: second.id) == nil)
    },
    Case("reopens an interrupted answer for another run, and never for two at a time") { stores in
      let run = try await stores.beginRun()
      try await stores.apply(.end(run.ending(1...4, status: .interrupted)))
      let continuation = run.continuation()
      try await stores.apply(.begin(continuation))
      let message = try await stores.conversations.message(id: run.answer.id)
      #expect(message == continuation.reopenedMessage)
      try await stores.expectRefusal(.conflict, of: .begin(run.continuation()))
      #expect(try await stores.conversations.message(id: run.answer.id) == message)
      #expect(try await stores.runs.run(id: continuation.run.id) == continuation.run)
      // The interrupted run stays what it was.
      #expect(try await stores.runs.run(id: run.id)?.status == .interrupted)
      #expect(try await stores.runs.log(runID: run.id, after: 0, limit: 9) == [run.batch(1...4)])
      // A continuation brings no message, and is no reason to move the session.
      #expect(try await stores.conversations.session(id: run.session.id)?.updatedAt == run.answer.createdAt)
    },
  ]

  private static let sessions: [Case] = [
    Case("refuses a second run in a session until the first has ended") { stores in
      let run = try await stores.beginRun()
      let question = makeQuestion("And a beck?", in: run.session, at: 5)
      let answer = makeAnswer(to: question, at: 6)
      let second = RunBeginning(
        newMessages: [question, answer],
        run: RunRecord(
          id: UUID(), sessionID: run.session.id, messageID: answer.id, fingerprint: "second",
          threadID: "second", createdAt: time(6)))
      try await stores.expectRefusal(.conflict, of: .begin(second))
      #expect(try await stores.conversations.message(id: question.id) == nil)
      try await stores.apply(.end(run.ending(1...1)), .begin(second))
      #expect(try await stores.runs.activeRun(sessionID: run.session.id) == second.run)
    }
  ]

  private static let logs: [Case] = [
    Case("appends batches and counts their events and tokens") { stores in
      let run = try await stores.beginRun()
      try await stores.apply(.append(run.batch(1...3)))
      try await stores.apply(.append(run.batch(4...4, tokens: 1)), .append(run.batch(5...90, tokens: 86)))
      var record = run.run
      record.lastEventID = 90
      record.tokenCount = 87
      #expect(try await stores.runs.run(id: run.id) == record)
      let log = try await stores.runs.log(runID: run.id, after: 0, limit: 10)
      #expect(log == [run.batch(1...3), run.batch(4...4, tokens: 1), run.batch(5...90, tokens: 86)])
    },
    Case("keeps an empty and a large payload byte for byte") { stores in
      let run = try await stores.beginRun()
      let large = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      let batches = [Data(), large].enumerated().map {
        RunLogBatch(runID: run.id, firstID: $0 + 1, lastID: $0 + 1, tokenCount: 0, payload: $1)
      }
      try await stores.apply(.append(batches[0]), .append(batches[1]))
      #expect(try await stores.runs.log(runID: run.id, after: 0, limit: 10) == batches)
    },
    Case("refuses a batch that leaves a gap, repeats, overlaps, is empty or runs backwards") { stores in
      let run = try await stores.beginRun()
      let empty = RunLogBatch(runID: run.id, firstID: 1, lastID: 0, tokenCount: 0, payload: Data())
      try await stores.expectRefusal(.conflict, of: .append(empty))
      try await stores.expectRefusal(.conflict, of: .append(run.batch(0...1)))
      try await stores.expectRefusal(.conflict, of: .append(run.batch(2...3)))
      try await stores.apply(.append(run.batch(1...5)))
      for ids in [1...5, 5...6, 4...5, 3...9, 7...8, -1...6] {
        try await stores.expectRefusal(.conflict, of: .append(run.batch(ids)))
        try await stores.expectRefusal(.conflict, of: .end(run.ending(ids)))
      }
      let backwards = RunLogBatch(runID: run.id, firstID: 6, lastID: 4, tokenCount: 0, payload: Data())
      try await stores.expectRefusal(.conflict, of: .append(backwards))
      #expect(try await stores.runs.run(id: run.id)?.lastEventID == 5)
      #expect(try await stores.runs.run(id: run.id)?.status == .running)
      #expect(try await stores.conversations.message(id: run.answer.id) == run.answer)
      try await stores.apply(.append(run.batch(6...6)))
    },
    Case("takes nothing more for a run that it does not know, or that has ended") { stores in
      let unknown = RunFixture()
      let ended = try await stores.beginRun()
      try await stores.apply(.end(ended.ending(1...2)))
      for run in [unknown, ended] {
        try await stores.expectRefusal(.notFound, of: .append(run.batch(3...3)))
        try await stores.expectRefusal(.notFound, of: .append(run.batch(1...1)))
        try await stores.expectRefusal(.notFound, of: .checkpoint(run.checkpoint(), runID: run.id))
        try await stores.expectRefusal(.notFound, of: .end(run.ending(3...3, content: "again")))
      }
      #expect(try await stores.conversations.message(id: ended.answer.id) == ended.finished())
      #expect(try await stores.runs.log(runID: ended.id, after: 0, limit: 9) == [ended.batch(1...2)])
      #expect(try await stores.checkpointer.latest(threadID: ended.run.threadID) == nil)
    },
    Case("keeps the logs of runs apart") { stores in
      let runs = [try await stores.beginRun(), try await stores.beginRun()]
      try await stores.apply(.append(runs[0].batch(1...2)), .append(runs[1].batch(1...7)))
      try await stores.apply(.append(runs[0].batch(3...4)))
      #expect(
        try await stores.runs.log(runID: runs[0].id, after: 0, limit: 9)
          == [runs[0].batch(1...2), runs[0].batch(3...4)])
      #expect(try await stores.runs.log(runID: runs[1].id, after: 0, limit: 9) == [runs[1].batch(1...7)])
    },
  ]

  private static let paging: [Case] = [
    Case("pages through a log from any event, in the middle of a batch too") { stores in
      let run = try await stores.beginRun()
      let batches = [run.batch(1...3), run.batch(4...10), run.batch(11...11), run.batch(12...20)]
      for batch in batches { try await stores.apply(.append(batch)) }
      let expected: [(after: Int, first: Int)] = [
        (-5, 0), (0, 0), (2, 0), (3, 1), (4, 1), (9, 1), (10, 2), (11, 3), (19, 3),
      ]
      for (after, first) in expected {
        let log = try await stores.runs.log(runID: run.id, after: after, limit: 100)
        #expect(log == Array(batches[first...]), "after \(after)")
      }
      for after in [20, 21, Int.max] {
        #expect(try await stores.runs.log(runID: run.id, after: after, limit: 100).isEmpty)
      }
    },
    Case("gives no more batches than asked for, and at least one") { stores in
      let run = try await stores.beginRun()
      let batches = (1...5).map { run.batch($0...$0) }
      for batch in batches { try await stores.apply(.append(batch)) }
      #expect(try await stores.runs.log(runID: run.id, after: 1, limit: 2) == Array(batches[1...2]))
      #expect(try await stores.runs.log(runID: run.id, after: 3, limit: 2) == Array(batches[3...]))
      for limit in [1, 0, -3] {
        #expect(try await stores.runs.log(runID: run.id, after: 0, limit: limit) == [batches[0]])
      }
    },
    Case("has no log of a run that it does not know or that has none yet") { stores in
      let run = try await stores.beginRun()
      #expect(try await stores.runs.log(runID: run.id, after: 0, limit: 5).isEmpty)
      #expect(try await stores.runs.log(runID: UUID(), after: 0, limit: 5).isEmpty)
    },
    Case("lists the runs that have not ended, oldest first") { stores in
      // Begun in this order, whatever the clock said.
      let runs = [RunFixture(at: 50), RunFixture(at: 10), RunFixture(at: 30), RunFixture(at: 20)]
      for run in runs { _ = try await stores.beginRun(run) }
      try await stores.apply(.end(runs[1].ending(1...1)))
      #expect(try await stores.runs.runningRuns(limit: 10).map(\.id) == [0, 2, 3].map { runs[$0].id })
      #expect(try await stores.runs.runningRuns(limit: 2).map(\.id) == [0, 2].map { runs[$0].id })
      #expect(try await stores.runs.runningRuns(limit: 0).isEmpty)
      #expect(try await stores.runs.runningRuns(limit: 10).first == runs[0].run)
    },
  ]
}
