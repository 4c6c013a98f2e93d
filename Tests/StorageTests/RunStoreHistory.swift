import Foundation
import Graph
import TestSupport
import Testing

/// Random steps, the same for the same seed, done to a store and to the model of it.
///
/// About every fifth change is wrong on purpose: a gap in the log, an unknown or ended run, a repeated beginning.
struct RunStoreHistory {
  private let stores: RunStores
  private var model = RunStoreModel()
  private var random: SeededGenerator
  private var clock = 1.0
  /// Everything that was ever begun, whether it is still there or not.
  private var fixtures: [RunFixture] = []
  /// The run that wrote a fixture's answer last.
  private var owners: [UUID: UUID] = [:]
  private(set) var refusals = 0

  init(_ stores: RunStores, seed: UInt64) {
    self.stores = stores
    random = SeededGenerator(seed: seed)
  }

  /// - Parameter steps: calls of the store, each with up to 12 changes.
  mutating func play(steps: Int) async throws {
    for _ in 0..<steps {
      switch Int.random(in: 0..<20, using: &random) {
      case 0: try await deleteSession()
      case 1: try await compact()
      default: try await apply()
      }
    }
    try await compareAll()
  }

  private mutating func apply() async throws {
    var changes: [RunChange] = []
    var expected: [StoreError.Code?] = []
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      // The model goes ahead, so that later changes of a call build on the earlier ones.
      let change = makeChange()
      changes.append(change)
      expected.append(model.apply(change))
    }
    let codes = try await stores.runs.apply(changes).map { $0?.code }
    refusals += codes.count { $0 != nil }
    #expect(codes == expected)
    if let last = changes.last { try await compare(last.runID) }
  }

  private mutating func deleteSession() async throws {
    guard let fixture = fixtures.randomElement(using: &random) else { return }
    let isThere = try await stores.conversations.deleteSession(id: fixture.session.id)
    #expect(isThere == model.deleteSession(fixture.session.id))
  }

  private mutating func compact() async throws {
    // Half a second beside every time that occurs, so that runs of one time are never cut apart by the cutoff.
    let cutoff = time(clock - Double(Int.random(in: 0..<40, using: &random)) + 0.5)
    let limit = Int.random(in: 1...4, using: &random)
    let count = try await stores.runs.compactRuns(endedBefore: cutoff, limit: limit)
    #expect(count == model.compact(endedBefore: cutoff, limit: limit))
  }

  private mutating func makeChange() -> RunChange {
    clock += 1
    let kind = Int.random(in: 0..<20, using: &random)
    guard kind > 3, let fixture = fixtures.suffix(12).randomElement(using: &random) else {
      let fixture = RunFixture(at: clock)
      fixtures.append(fixture)
      owners[fixture.answer.id] = fixture.id
      return .begin(fixture.beginning)
    }
    let runID = owners[fixture.answer.id] ?? fixture.id
    let stored = model.runs.first { $0.id == runID }?.lastEventID ?? 0
    switch kind {
    case 4: return .begin(fixture.beginning)
    case 5, 6: return continuation(of: fixture)
    case 7, 8:
      let number = Int.random(in: 1...9, using: &random)
      return .checkpoint(fixture.checkpoint(number, state: "\(clock)"), runID: runID)
    case 9, 10, 11: return .end(ending(of: fixture, runID: runID, after: stored))
    default: return .append(batch(runID, after: stored))
    }
  }

  private mutating func continuation(of fixture: RunFixture) -> RunChange {
    let id = UUID()
    let isInterrupted = model.messages[fixture.answer.id]?.status == .interrupted
    if isInterrupted { owners[fixture.answer.id] = id }
    // Of an answer that has ended otherwise nobody asks this; only of interrupted ones and of those that are going on.
    guard isInterrupted || model.messages[fixture.answer.id]?.status == .running else {
      return .begin(fixture.beginning)
    }
    return .begin(fixture.continuation(run: id, at: clock))
  }

  private mutating func ending(of fixture: RunFixture, runID: UUID, after stored: Int) -> RunEnding {
    let statuses: [Message.Status] = [.done, .cancelled, .error, .interrupted, .interrupted]
    var message = fixture.finished("\(clock)", status: statuses.randomElement(using: &random) ?? .done)
    message.answer?.runID = runID
    let batch = Bool.random(using: &random) ? batch(runID, after: stored) : nil
    return RunEnding(runID: runID, batch: batch, message: message, endedAt: time(clock))
  }

  private mutating func batch(_ runID: UUID, after stored: Int) -> RunLogBatch {
    let error = [0, 0, 0, 0, 0, 0, 0, 0, -1, 1].randomElement(using: &random) ?? 0
    let first = stored + 1 + error
    let last = first + Int.random(in: 0..<30, using: &random)
    let size = Int.random(in: 0..<600, using: &random)
    return RunLogBatch(
      runID: runID, firstID: first, lastID: last, tokenCount: last - first,
      payload: Data(repeating: UInt8(truncatingIfNeeded: first), count: size))
  }

  // MARK: Comparing

  private mutating func compare(_ runID: UUID) async throws {
    #expect(try await stores.runs.run(id: runID) == model.runs.first { $0.id == runID })
    let last = model.runs.first { $0.id == runID }?.lastEventID ?? 0
    let position = Int.random(in: 0...(last + 1), using: &random)
    let limit = Int.random(in: 1...5, using: &random)
    #expect(
      try await stores.runs.log(runID: runID, after: position, limit: limit)
        == model.log(runID, after: position, limit: limit))
  }

  private func compareAll() async throws {
    let running = model.runs.filter { $0.status == .running }
    #expect(try await stores.runs.runningRuns(limit: .max) == running)
    for id in Set(fixtures.map(\.id)).union(owners.values) {
      #expect(try await stores.runs.run(id: id) == model.runs.first { $0.id == id })
      #expect(
        try await stores.runs.log(runID: id, after: 0, limit: .max) == model.log(id, after: 0, limit: .max))
    }
    for fixture in fixtures {
      let session = fixture.session.id
      #expect(try await stores.conversations.session(id: session) == model.sessions[session])
      for message in [fixture.question, fixture.answer] {
        #expect(try await stores.conversations.message(id: message.id) == model.messages[message.id])
      }
      let thread = fixture.run.threadID
      #expect(try await stores.checkpointer.latest(threadID: thread) == model.checkpoints[thread])
    }
  }
}
