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
    /// How many runs may be active at once.
    var maxRuns = 10_000
    /// How long a finished run can be followed from memory; later its stored answer is sent.
    var retention = Duration.seconds(300)
  }

  private struct Start: Sendable {
    var run: Run
    var turn: Turn
  }

  let settings: Settings
  private let executor: RunExecutor
  private let planner: TurnPlanner
  private let time: RunTime
  private let registry: Mutex<RunRegistry>
  private let starts: AsyncStream<Start>
  private let startsContinuation: AsyncStream<Start>.Continuation
  /// Set when a draining service has no run left.
  private let drained = OneShot<Void>()
  private let shutdownBegan = OneShot<Void>()

  init(settings: Settings, executor: RunExecutor, planner: TurnPlanner, time: RunTime) {
    self.settings = settings
    self.executor = executor
    self.planner = planner
    self.time = time
    registry = Mutex(RunRegistry(maxRuns: settings.maxRuns, retention: settings.retention))
    // Never full: admission lets no more than this many runs exist.
    (starts, startsContinuation) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingOldest(settings.maxRuns + 1))
  }

  // MARK: Life

  func run() async throws {
    await withGracefulShutdownHandler {
      await withDiscardingTaskGroup { group in
        group.addTask { await self.tick() }
        group.addTask { await self.drain() }
        for await start in starts {
          group.addTask { await self.execute(start) }
        }
        try? await drained.wait()
        group.cancelAll()
      }
    } onGracefulShutdown: {
      self.beginShutdown()
    }
  }

  /// From now on no run is admitted. Called under a lock of the service group, so it only sets flags.
  func beginShutdown() {
    let isIdle = registry.withLock { registry in
      registry.drain()
      return registry.activeCount == 0
    }
    startsContinuation.finish()
    if isIdle { drained.fulfil(()) }
    shutdownBegan.fulfil(())
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

  private func execute(_ start: Start) async {
    await executor.execute(start.run, turn: start.turn)
    let isDrained = registry.withLock { registry in
      registry.finish(start.run, now: time.now())
      return registry.isDraining && registry.activeCount == 0
    }
    if isDrained { drained.fulfil(()) }
  }

  /// Heartbeats, grace times and forgetting, for all runs together: a timer for each would cost more than the runs.
  private func tick() async {
    let step = min(
      max(min(settings.heartbeat, settings.disconnectGrace) / 10, .milliseconds(20)), .milliseconds(500))
    while (try? await time.sleep(step)) != nil {
      let now = time.now()
      let (abandoned, active) = registry.withLock { registry in
        registry.expire(now: now)
        return (registry.takeAbandoned(now: now), registry.active)
      }
      for run in abandoned where run.readerCount == 0 { run.cancellation.fulfil(.disconnected) }
      for run in active { run.log.wakeForHeartbeat(silence: settings.heartbeat) }
    }
  }

  // MARK: Starting

  /// Starts a run, or attaches to the one that the same request has started before.
  /// - Throws: ``RequestError``; ``StoreError``.
  func start(_ request: RunRequest) async throws -> RunReader {
    let id = request.runID ?? planner.makeID()
    let sessionID = request.sessionID ?? planner.makeID()
    let fingerprint = request.fingerprint
    let admission = registry.withLock { registry in
      registry.admit(id: id, sessionID: sessionID, fingerprint: fingerprint) {
        let run = Run(id: id, sessionID: sessionID, fingerprint: fingerprint, log: RunLog(time: time))
        run.addReader()
        return run
      }
    }
    switch admission {
    case .admitted(let run, let isStopped):
      if isStopped { run.cancellation.fulfil(.user) }
      return try await begin(run, request)
    case .attached(let run): return attach(to: run, after: 0)
    case .conflict: throw RequestError.runConflict
    case .sessionBusy(let runID): throw RequestError.runActive(runID)
    case .overloaded: throw RequestError.overloaded
    case .draining: throw RequestError.shuttingDown
    }
  }

  private func begin(_ run: Run, _ request: RunRequest) async throws -> RunReader {
    do {
      if request.runID != nil, let archived = try await archivedRun(id: run.id) {
        guard try await planner.isSameRequest(request, as: archived) else { throw RequestError.runConflict }
        registry.withLock { $0.discard(run) }
        // Into the run's own log: the same request may have attached to it in the meantime.
        archived.append(to: run.log, after: 0)
        run.completion.fulfil(archived.status)
        return RunReader(run: run, after: 0)
      }
      let turn = try await planner.plan(request, run: run, now: time.date())
      run.messageIDs = (turn.assistantMessage.id, turn.userMessage.id)
      startsContinuation.yield(Start(run: run, turn: turn))
      return RunReader(run: run, after: 0)
    } catch {
      registry.withLock { $0.discard(run) }
      // A second request may have attached in the meantime.
      run.log.append(.error(RunFailure(mapping: error)))
      run.completion.fulfil(.error)
      throw error
    }
  }

  // MARK: Reading

  /// - Returns: a reader of a run in memory, or of what is stored of it.
  /// - Throws: ``RequestError`` when nobody knows the run, or the position is not one of its.
  func attach(runID: UUID, after: Int) async throws -> RunReader {
    if let run = registry.withLock({ $0[runID] }) {
      guard after <= run.log.lastID else { throw RequestError.positionBeyondRun }
      return attach(to: run, after: after)
    }
    guard let archived = try await archivedRun(id: runID) else { throw RequestError.notFound("run") }
    return RunReader(replaying: archived.replay(time: time, after: after), after: after)
  }

  private func attach(to run: Run, after: Int) -> RunReader {
    run.addReader()
    registry.withLock { $0.adopt(run) }
    return RunReader(run: run, after: after)
  }

  /// Says that a reader has ended, whether it read to the end or its client went away.
  func detach(_ reader: RunReader) {
    guard let run = reader.run, run.removeReader() == 0, run.completion.value == nil else { return }
    if settings.disconnectGrace <= .zero {
      run.cancellation.fulfil(.disconnected)
    } else {
      registry.withLock { $0.orphan(run, deadline: time.now() + settings.disconnectGrace) }
    }
  }

  // MARK: Asking and stopping

  /// - Throws: ``RequestError`` when nobody knows the run.
  func status(runID: UUID) async throws -> RunStatus {
    if let run = registry.withLock({ $0[runID] }) { return RunStatus(run) }
    guard let archived = try await archivedRun(id: runID) else { throw RequestError.notFound("run") }
    return RunStatus(archived)
  }

  func activeRun(sessionID: UUID) -> Run? { registry.withLock { $0.activeRun(sessionID: sessionID) } }

  /// Stops a run and waits until nothing of it is left: its upstream connection is closed and its answer stored.
  /// A run that is not known yet will end as soon as it comes.
  func stop(runID: UUID) async throws -> StopReceipt {
    let began = time.now()
    // Found or remembered in one step: a run that is admitted at this moment must not slip between the two.
    let found = registry.withLock { registry -> Run? in
      if let run = registry[runID] { return run }
      registry.rememberStop(id: runID, now: began)
      return nil
    }
    guard let run = found else {
      if let archived = try await archivedRun(id: runID) { return archived.stopReceipt }
      return StopReceipt(runID: runID, status: .cancelled, lastEventID: 0, tokenCount: 0, stoppedIn: .zero)
    }
    run.cancellation.fulfil(.user)
    let status = try await run.completion.wait()
    return StopReceipt(
      runID: runID, status: status, lastEventID: run.log.lastID, tokenCount: run.log.tokenCount,
      stoppedIn: time.now() - began)
  }

  /// Stops what a session is running, before it is deleted.
  func stopRun(sessionID: UUID) async throws {
    guard let run = activeRun(sessionID: sessionID) else { return }
    run.cancellation.fulfil(.user)
    _ = try await run.completion.wait()
  }

  private func archivedRun(id: UUID) async throws -> ArchivedRun? {
    try await planner.store.message(runID: id).flatMap(ArchivedRun.init)
  }
}
