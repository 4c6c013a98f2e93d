import Foundation
import Graph
import Storage
import Synchronization
import TestSupport
import Testing

@testable import App

/// A store that can be told to refuse writes, as on a full disk; otherwise a real one.
private final class RefusingStore: RunStore {
  let store: any RunStore
  private let isRefusing = Mutex(false)
  private let transactions = Mutex<[[RunChange]]>([])
  private let refusals = Atomic<Int>(0)

  init(_ store: any RunStore) { self.store = store }

  private let hook = Mutex<@Sendable () async -> Void>({})

  func beforeWriting(_ action: @escaping @Sendable () async -> Void) { hook.withLock { $0 = action } }
  func refuse(_ value: Bool) { isRefusing.withLock { $0 = value } }
  var refusalCount: Int { refusals.load(ordering: .relaxed) }
  var written: [[RunChange]] { transactions.withLock { $0 } }

  func apply(_ changes: [RunChange]) async throws -> [StoreError?] {
    await hook.withLock { $0 }()
    if isRefusing.withLock({ $0 }) {
      refusals.add(1, ordering: .relaxed)
      throw StoreError(.failed, "The disk is full.")
    }
    transactions.withLock { $0.append(changes) }
    return try await store.apply(changes)
  }

  func run(id: UUID) async throws -> RunRecord? { try await store.run(id: id) }
  func runningRuns(limit: Int) async throws -> [RunRecord] { try await store.runningRuns(limit: limit) }
  func abandonedRuns(limit: Int) async throws -> [RunRecord] { try await store.abandonedRuns(limit: limit) }
  func activeRun(sessionID: UUID) async throws -> RunRecord? {
    try await store.activeRun(sessionID: sessionID)
  }
  func log(runID: UUID, after id: Int, limit: Int) async throws -> [RunLogBatch] {
    try await store.log(runID: runID, after: id, limit: limit)
  }
  func compactRuns(endedBefore: Date, limit: Int) async throws -> Int {
    try await store.compactRuns(endedBefore: endedBefore, limit: limit)
  }
}

/// Readers never wait for the disk, and what the disk refuses is not lost as long as the process lives.
@Suite(.timeLimit(.minutes(2))) struct RunJournalTests {
  private func withService(
    script: @escaping ScriptedUpstream.Script, clock: any Clock<Duration> = ContinuousClock(),
    sharing: RunJournal.Sharing? = nil, flushInterval: Duration = .milliseconds(200),
    _ body: @escaping @Sendable (RunService, RefusingStore, TestDatabase) async throws -> Void
  ) async throws {
    let database = try await TestDatabase.fresh()
    let store = RefusingStore(database.runs)
    try await withScriptedUpstream(script) { upstream in
      let service = try RunServiceFixture.make(
        upstream: upstream, database: database, runs: store, sharing: sharing, time: RunTime(clock: clock)
      ) {
        $0.shutdownGrace = .milliseconds(1)
        $0.flushInterval = flushInterval
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await service.run() }
        try await body(service, store, database)
        service.beginShutdown()
        try await group.waitForAll()
      }
    }
  }

  @Test(
    "A store that nodes share keeps readers from what could not be written for long, and gives it when it can be"
  )
  func heldBack() async throws {
    let gate = StepGate()
    let sharing = RunJournal.Sharing(
      followedInterval: .milliseconds(5), holdAfter: .milliseconds(40), onStored: { _ in })
    try await withService(
      script: { _, answer in try await answer.stream(tokens: ["a", "b", "c"], gate: gate) }, sharing: sharing
    ) { service, store, _ in
      let reader = try await service.start(RunRequest(message: "What does the river do?"))
      let run = try #require(reader.run)
      gate.open(1)
      while run.log.tokenCount < 1 { _ = await reader.nextFrames() }
      store.refuse(true)
      gate.open(1)
      // What comes before it is noticed is shown; what comes after it is not.
      // A slow machine may hold it for a moment before anything is refused.
      try await eventually { store.refusalCount > 0 && run.log.isHeld }
      let shown = run.log.lastID
      gate.open(1)
      try await eventually { run.log.tokenCount >= 3 }
      guard case .pending = run.log.read(after: shown) else { throw CancellationError() }
      store.refuse(false)
      while await reader.nextFrames() != nil {}
      #expect(reader.terminalEvent?.messageID != nil)
      #expect(run.log.text == "abc")
    }
  }

  @Test("Followed runs are written at once and told of; others wait for their interval")
  func followed() async throws {
    let gate = StepGate()
    let told = Mutex<Set<UUID>>([])
    let journal = OneShot<RunJournal>()
    let isToldTooLate = Atomic(false)
    let sharing = RunJournal.Sharing(
      followedInterval: .milliseconds(5),
      onStored: { runs in
        told.withLock { $0.formUnion(runs) }
        for run in runs where journal.value?.isOpen(run) == false {
          isToldTooLate.store(true, ordering: .relaxed)
        }
      })
    try await withService(
      script: { _, answer in try await answer.stream(tokens: ["a", "b"], gate: gate) }, sharing: sharing,
      flushInterval: .seconds(3_600)
    ) { service, _, database in
      let reader = try await service.start(RunRequest(message: "What does the river do?"))
      let run = try #require(reader.run)
      journal.fulfil(service.journal)
      gate.open(1)
      while run.log.tokenCount < 1 { _ = await reader.nextFrames() }
      #expect(try await database.runs.run(id: run.id)?.tokenCount == 0)
      service.journal.follow(run.id, true)
      try await eventually { try await database.runs.run(id: run.id)?.tokenCount == 1 }
      try await eventually { told.withLock { $0.contains(run.id) } }
      gate.openForGood()
      while await reader.nextFrames() != nil {}
      // Whoever ends the run then forgets its followers.
      let isTooLate = isToldTooLate.load(ordering: .relaxed)
      #expect(!isTooLate, "its end is told before anybody here hears of it")
    }
  }

  @Test("While nothing can be written a reader gets every token; then everything is stored that was missed")
  func fullDisk() async throws {
    let gate = StepGate()
    try await withService(script: { _, answer in
      try await answer.stream(tokens: ["a", "b", "c", "d"], gate: gate)
    }) { service, store, database in
      let reader = try await service.start(RunRequest(message: "What does the river do?"))
      let run = try #require(reader.run)
      gate.open(1)
      while run.log.tokenCount < 1 { _ = await reader.nextFrames() }
      store.refuse(true)
      gate.open(2)
      while run.log.tokenCount < 3 { _ = await reader.nextFrames() }
      store.refuse(false)
      gate.openForGood()
      while await reader.nextFrames() != nil {}
      guard case .done = run.log.terminalEvent else {
        Issue.record("the run did not end well")
        return
      }
      let record = try #require(try await database.runs.run(id: run.id))
      #expect(record.status == .done)
      #expect(record.lastEventID == run.log.lastID)
      #expect(record.tokenCount == 4)
      #expect(try await database.conversations.message(id: record.messageID)?.content == "abcd")
    }
  }

  @Test("An answer whose end cannot be stored says so, and is stored as soon as that is possible again")
  func postponedEnd() async throws {
    let gate = StepGate()
    try await withService(script: { _, answer in
      try await answer.stream(tokens: ["a", "b"], gate: gate)
    }) { service, store, database in
      let reader = try await service.start(RunRequest(message: "What does the river do?"))
      let run = try #require(reader.run)
      gate.open(1)
      while run.log.tokenCount < 1 { _ = await reader.nextFrames() }
      store.refuse(true)
      gate.openForGood()
      while await reader.nextFrames() != nil {}
      guard case .error(let failure) = run.log.terminalEvent else {
        Issue.record("the user was not told")
        return
      }
      #expect(failure.code == .internalError)
      #expect(failure.code.isRetryable)
      #expect(try await database.runs.run(id: run.id)?.status == .running)
      store.refuse(false)
      try await eventually { try await database.runs.run(id: run.id)?.status != .running }
      let record = try #require(try await database.runs.run(id: run.id))
      #expect(record.status == .error)
      #expect(record.lastEventID == run.log.lastID)
      #expect(try await database.conversations.message(id: record.messageID)?.content == "ab")
    }
  }

  @Test("A question that cannot be stored is an error before the model is asked")
  func refusedBeginning() async throws {
    try await withService(script: { _, answer in
      try await answer.stream(tokens: ["never"])
    }) { service, store, _ in
      store.refuse(true)
      let reader = try await service.start(RunRequest(message: "What does the river do?"))
      while await reader.nextFrames() != nil {}
      guard case .error(let failure) = reader.terminalEvent else {
        Issue.record("the run went on")
        return
      }
      #expect(failure.code == .internalError)
      #expect(reader.run?.log.tokenCount == 0)
    }
  }

  @Test("Nobody is told of a run before it is stored")
  func storedFirst() async throws {
    try await withService(script: { _, answer in
      try await answer.stream(tokens: ["a"])
    }) { service, store, database in
      let isStoring = OneTimeSignal<Void>()
      let mayStore = OneTimeSignal<Void>()
      store.beforeWriting {
        isStoring.fire(())
        try? await mayStore.value()
      }
      let reader = try await service.start(RunRequest(message: "What does the river do?"))
      try await isStoring.value()
      #expect(reader.run?.log.lastID == 0)
      mayStore.fire(())
      while await reader.nextFrames() != nil {}
      #expect(reader.run?.log.tokenCount == 1)
    }
  }

  @Test("Tokens reach readers at once and the disk in batches")
  func batches() async throws {
    let clock = ManualClock()
    let tokens = (0..<50).map { "\($0) " }
    let gate = StepGate()
    try await withService(
      script: { _, answer in
        try await answer.streamHead()
        try await gate.pass()
        for token in tokens { try await answer.token(token) }
        try await answer.hang()
      }, clock: clock
    ) { service, store, database in
      let reader = try await service.start(RunRequest(message: "What does the river do?"))
      let run = try #require(reader.run)
      // The checkpoint before the model is asked is written at once.
      try await eventually { try await database.checkpointer.latest(threadID: run.id.wireString) != nil }
      gate.openForGood()
      // The clock stands still: no interval has passed, and yet the reader has everything.
      while run.log.tokenCount < tokens.count { _ = await reader.nextFrames() }
      // Nor is it written along with what cannot wait, the beginnings and ends of others.
      let other = try await service.start(RunRequest(message: "And the sea?"))
      other.run?.cancellation.fulfil(.user)
      _ = try await other.run?.completion.wait()
      #expect(try await database.runs.run(id: run.id)?.tokenCount == 0)
      while try await database.runs.run(id: run.id)?.tokenCount != tokens.count {
        try await clock.tick(.milliseconds(200))
      }
      let appends = store.written.flatMap { $0 }.filter {
        if case .append(let batch) = $0 { batch.runID == run.id } else { false }
      }
      // One with the beginning, one with the checkpoint, one for all tokens.
      #expect(appends.count == 3)
      run.cancellation.fulfil(.user)
      _ = try await run.completion.wait()
    }
  }

  @Test("Runs that begin together share a transaction")
  func groupCommit() async throws {
    try await withService(script: StopTests.silentAfter(["x"])) { service, store, database in
      let count = 64
      let runs = try await withThrowingTaskGroup(of: Run?.self) { group in
        for _ in 0..<count {
          group.addTask {
            let reader = try await service.start(RunRequest(message: "What does the river do?"))
            while reader.run?.log.tokenCount == 0 { _ = await reader.nextFrames() }
            return reader.run
          }
        }
        return try await group.reduce(into: []) { if let run = $1 { $0.append(run) } }
      }
      #expect(runs.count == count)
      let begins = store.written.map { transaction in
        transaction.count { if case .begin = $0 { true } else { false } }
      }
      #expect(begins.reduce(0, +) == count)
      #expect(begins.contains { $0 > 1 })
    }
  }
}
