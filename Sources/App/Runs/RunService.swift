import Foundation
import Graph
import Logging
import ServiceLifecycle
import Synchronization

/// Owns every run: starts them, lets readers attach, stops them, and ends those that nobody reads.
///
/// Every run is a child of ``run()``'s task group. Decisions are made by ``RunRegistry``.
final class RunService: Service {
  struct Settings: Sendable {
    /// How long a run goes on without a reader; zero ends it at once.
    var disconnectGrace = Duration.seconds(10)
    /// Silence after which a stream gets a heartbeat.
    var heartbeat = Duration.seconds(5)
    /// How long running answers get when the server shuts down.
    var shutdownGrace = Duration.seconds(10)
    var limits = RunRegistry.Limits()
    /// The longest that an event of a run is in memory only.
    var flushInterval = Duration.milliseconds(200)
    /// How long a finished run can be followed event by event; later its answer is sent as a snapshot.
    var retention = Duration.seconds(3_600)
    /// How long of that from memory, without asking the store: time enough for a page that lost its connection.
    var memoryRetention: Duration { min(retention, .seconds(60)) }
    /// How often finished runs are looked through for those to compact.
    var compactionInterval: Duration { max(min(retention / 4, .seconds(60)), .milliseconds(100)) }
  }

  /// What ``run()``'s task group does for a run.
  enum Work: Sendable {
    /// - isStored: whether its beginning is in the store.
    case start(Run, Turn, isStored: Bool)
    case follow(RunMirror)
  }

  let settings: Settings
  private let executor: RunExecutor
  private let planner: TurnPlanner
  let journal: RunJournal
  let archive: RunArchive
  /// The other nodes; `nil` when there can be none.
  let exchange: RunExchange?
  let time: RunTime
  let registry: Mutex<RunRegistry>
  private let work: AsyncStream<Work>
  let workContinuation: AsyncStream<Work>.Continuation
  /// Set when a draining service has no run left.
  private let drained = OneShot<Void>()
  private let shutdownBegan = OneShot<Void>()

  init(
    settings: Settings, executor: RunExecutor, planner: TurnPlanner, archive: RunArchive,
    exchange: RunExchange? = nil, time: RunTime
  ) {
    self.settings = settings
    self.executor = executor
    self.planner = planner
    self.archive = archive
    self.exchange = exchange
    self.time = time
    journal = executor.journal
    registry = Mutex(RunRegistry(limits: settings.limits, retention: settings.memoryRetention))
    // Never full: no more than this many runs are admitted, and no more than as many followed.
    (work, workContinuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingOldest(2 * settings.limits.runs + 1))
  }

  // MARK: Life

  func run() async throws {
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        // Ends after the last run has: also one that is cancelled stores what there is of its answer.
        group.addTask { await self.journal.run() }
        await self.runAll()
        journal.close()
      }
    } onGracefulShutdown: {
      self.beginShutdown()
    }
  }

  private func runAll() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.tick() }
      group.addTask { await self.compact() }
      group.addTask { await self.drain() }
      for await work in work {
        group.addTask {
          switch work {
          case .start(let run, let turn, let isStored): await self.execute(run, turn, isStored: isStored)
          case .follow(let mirror): await self.follow(mirror)
          }
        }
      }
      try? await drained.wait()
      group.cancelAll()
    }
  }

  /// From now on no run is admitted. Called under a lock of the service group, so it only sets flags.
  func beginShutdown() {
    let isIdle = registry.withLock { registry in
      registry.drain()
      return registry.activeCount == 0
    }
    // Readers of other nodes' runs find them there.
    for mirror in exchange?.mirrors.withLock({ $0.all }) ?? [] { mirror.abandon() }
    if isIdle { endWork() }
    shutdownBegan.fulfil(())
  }

  /// Ends the service when it is shutting down and has no run left: also one that was admitted before and is still being
  /// stored will begin, and end with a word to its reader.
  private func endIfDrained() {
    if registry.withLock({ $0.isDraining && $0.activeCount == 0 }) { endWork() }
  }

  private func endWork() {
    workContinuation.finish()
    drained.fulfil(())
  }

  private func discard(_ run: Run) {
    registry.withLock { $0.discard(run) }
    endIfDrained()
  }

  /// Gives running answers their time, then ends them with a word to their readers.
  private func drain() async {
    do {
      try await shutdownBegan.wait()
      try await time.sleep(settings.shutdownGrace)
    } catch {
      return
    }
    for run in registry.withLock({ $0.active }) { run.cancellation.fulfil(.shutdown) }
  }

  private func execute(_ run: Run, _ turn: Turn, isStored: Bool) async {
    await withDiscardingTaskGroup { group in
      if let exchange { group.addTask { await exchange.stopIfAsked([run]) } }
      await executor.execute(run, turn: turn, isStored: isStored) {
        // What another node has the end of is not followed here any more.
        registry.withLock { registry in
          if run.log.isAbandoned { registry.discard(run) } else { registry.finish(run, now: time.now()) }
        }
      }
      group.cancelAll()
    }
    exchange?.forget(run)
    endIfDrained()
  }

  /// Heartbeats, grace times and forgetting, for all runs together: a timer for each would cost more than the runs.
  private func tick() async {
    let step = min(
      max(min(settings.heartbeat, settings.disconnectGrace) / 10, .milliseconds(20)), .milliseconds(500))
    while (try? await time.sleep(step)) != nil {
      let now = time.now()
      let (abandoned, active, moved) = registry.withLock { registry in
        registry.expire(now: now)
        return (registry.takeAbandoned(now: now), registry.active, registry.takeMoved())
      }
      for (run, position) in moved { run.log.append(.queued(position: position)) }
      for run in abandoned { run.cancellation.fulfil(.disconnected) }
      let mirrored = exchange?.mirrors.withLock { $0.all.map(\.run) } ?? []
      for run in active + mirrored { run.log.tellTime(now) }
    }
  }

  private func compact() async {
    while (try? await time.sleep(settings.compactionInterval)) != nil {
      await archive.compactIfPossible(retention: settings.retention)
    }
  }

  // MARK: Starting

  /// Starts a run, or attaches to the one that the same request has started before.
  /// - Throws: ``RequestError``; ``StoreError``.
  func start(_ request: RunRequest) async throws -> RunReader {
    let id = request.runID ?? planner.makeID()
    let sessionID = request.sessionID ?? planner.makeID()
    let fingerprint = request.fingerprint
    let makeRun = { [time] in
      let run = Run(
        id: id, sessionID: sessionID, client: request.client, fingerprint: fingerprint,
        log: RunLog(time: time))
      run.addReader()
      return run
    }
    let admission = registry.withLock {
      $0.admit(
        id: id, sessionID: sessionID, client: request.client, fingerprint: fingerprint, makeRun: makeRun)
    }
    switch admission {
    case .admitted(let run, let isStopped):
      if isStopped { run.cancellation.fulfil(.user) }
      return try await begin(run, request)
    case .attached(let run) where run.log.isAbandoned:
      guard let stored = try await storedRun(id, for: request) else { throw RequestError.notFound("run") }
      return try await replay(stored, in: makeRun())
    case .attached(let run): return attach(to: run, after: 0)
    case .refused(let refusal):
      // What has run before needs no admission.
      if refusal != .conflict, request.runID != nil, let stored = try await storedRun(id, for: request) {
        return try await replay(stored, in: makeRun())
      }
      throw RequestError(refusal)
    }
  }

  /// Takes up the answer of an interrupted run in a new run.
  /// - Throws: ``RequestError``; ``StoreError``.
  func continueRun(_ interrupted: UUID, as runID: UUID?, client: String?) async throws -> RunReader {
    guard let stored = try await archive.run(id: interrupted) else { throw RequestError.notFound("run") }
    return try await start(
      RunRequest(
        message: "", sessionID: stored.record.sessionID, runID: runID, continues: interrupted, client: client)
    )
  }

  private func begin(_ run: Run, _ request: RunRequest) async throws -> RunReader {
    do {
      if request.runID != nil, let stored = try await storedRun(run.id, for: request) {
        discard(run)
        // In the run that was admitted: the same request may have attached to it in the meantime.
        return try await replay(stored, in: run)
      }
      if exchange != nil { return try await beginAmongNodes(run, request) }
      let turn = try await plan(request, run)
      workContinuation.yield(.start(run, turn, isStored: false))
      return RunReader(run: run, after: 0)
    } catch {
      discard(run)
      // A second request may have attached in the meantime.
      run.log.append(.error(RunFailure(mapping: error)))
      run.completion.fulfil(.error)
      throw error
    }
  }

  private func plan(_ request: RunRequest, _ run: Run) async throws -> Turn {
    let turn = try await planner.plan(request, run: run, now: time.date())
    run.messageIDs = (turn.assistantMessage.id, turn.userMessage.id)
    return turn
  }

  /// How often a place in a conversation is looked for that other nodes keep taking.
  private static let maxPlans = 5

  /// Stores a run before anybody hears of it: among several nodes the store alone knows whether it may begin.
  private func beginAmongNodes(_ run: Run, _ request: RunRequest) async throws -> RunReader {
    for attempt in 1... {
      let turn = try await plan(request, run)
      do {
        try await executor.store(run, turn: turn)
        workContinuation.yield(.start(run, turn, isStored: true))
        return RunReader(run: run, after: 0)
      } catch let error as StoreError where error.code == .conflict {
        if let stored = try await storedRun(run.id, for: request) {
          // Another node has begun the same run at this moment.
          discard(run)
          return try await replay(stored, in: run)
        }
        if let active = try await archive.runs.activeRun(sessionID: run.sessionID) {
          throw RequestError(.sessionBusy(runID: active.id))
        }
        // Whatever was in the way has ended since.
        guard attempt < Self.maxPlans else { throw error }
      }
    }
    throw CancellationError()
  }

  private func replay(_ stored: StoredRun, in run: Run) async throws -> RunReader {
    if let reader = try await follow(stored, in: run, after: 0) { return reader }
    try await archive.restore(stored, into: run.log)
    run.completion.fulfil(stored.status)
    return RunReader(run: run, after: 0)
  }

  /// The stored run that a request has started before.
  /// - Throws: ``RequestError`` when another request has.
  private func storedRun(_ id: UUID, for request: RunRequest) async throws -> StoredRun? {
    guard let stored = try await archive.run(id: id) else { return nil }
    guard try await planner.isSameRequest(request, as: stored) else { throw RequestError.runConflict }
    return stored
  }
}
