import Foundation
import Graph
import Testing

extension RunStoreConformance {
  static let compaction: [Case] = [
    Case("forgets the events of runs that ended before a time, and nothing else of them") { stores in
      let run = try await endedRun(stores, at: 10)
      let before = try #require(try await stores.runs.run(id: run.id))
      #expect(try await stores.runs.compactRuns(endedBefore: time(10.001), limit: 9) == 1)
      var expected = before
      expected.isCompacted = true
      #expect(try await stores.runs.run(id: run.id) == expected)
      #expect(try await stores.runs.log(runID: run.id, after: 0, limit: 9).isEmpty)
      #expect(try await stores.conversations.message(id: run.answer.id) == run.finished())
    },
    Case("leaves runs alone that ended at the time or later, or that have not ended") { stores in
      let atTheTime = try await endedRun(stores, at: 10)
      let later = try await endedRun(stores, at: 11)
      let running = try await stores.beginRun(RunFixture(at: 1))
      try await stores.apply(.append(running.batch(1...2)))
      #expect(try await stores.runs.compactRuns(endedBefore: time(10), limit: 9) == 0)
      for run in [atTheTime, later, running] {
        #expect(try await stores.runs.run(id: run.id)?.isCompacted == false)
        #expect(try await stores.runs.log(runID: run.id, after: 0, limit: 9).count == 1)
      }
      #expect(try await stores.runs.compactRuns(endedBefore: .distantFuture, limit: 9) == 2)
      #expect(try await stores.runs.log(runID: running.id, after: 0, limit: 9).count == 1)
    },
    Case("compacts no more runs than asked for, the oldest first, and each of them once") { stores in
      var runs: [RunFixture] = []
      for seconds in [13.0, 11, 15, 12, 14] { runs.append(try await endedRun(stores, at: seconds)) }
      #expect(try await stores.runs.compactRuns(endedBefore: time(20), limit: 0) == 0)
      #expect(try await stores.runs.compactRuns(endedBefore: time(20), limit: -1) == 0)
      #expect(try await stores.runs.compactRuns(endedBefore: time(20), limit: 2) == 2)
      #expect(try await compacted(runs, stores) == [false, true, false, true, false])
      #expect(try await stores.runs.compactRuns(endedBefore: time(20), limit: 9) == 3)
      #expect(try await stores.runs.compactRuns(endedBefore: time(20), limit: 9) == 0)
      #expect(try await compacted(runs, stores) == [true, true, true, true, true])
    },
    Case("keeps an interrupted run's checkpoint, so that it can still be continued") { stores in
      let run = try await stores.beginRun()
      try await stores.apply(.checkpoint(run.checkpoint(), runID: run.id))
      try await stores.apply(.end(run.ending(1...3, status: .interrupted, at: 5)))
      #expect(try await stores.runs.compactRuns(endedBefore: time(6), limit: 9) == 1)
      #expect(try await stores.checkpointer.latest(threadID: run.run.threadID) == run.checkpoint())
      try await stores.apply(.begin(run.continuation()))
    },
  ]

  private static func endedRun(_ stores: RunStores, at seconds: Double) async throws -> RunFixture {
    let run = try await stores.beginRun(RunFixture(at: 1))
    try await stores.apply(.end(run.ending(1...3, tokens: 1, at: seconds)))
    return run
  }

  private static func compacted(_ runs: [RunFixture], _ stores: RunStores) async throws -> [Bool?] {
    var compacted: [Bool?] = []
    for run in runs { compacted.append(try await stores.runs.run(id: run.id)?.isCompacted) }
    return compacted
  }
}
