import Foundation
import Graph
import Logging
import Synchronization

/// Writes the logs of all runs to the store, behind their backs.
///
/// Runs append to their ``RunLog`` and readers follow it there; neither waits for the disk. One loop takes what has come
/// since, of all runs together, and writes it in one transaction (group commit): at every interval, and at once when a
/// run begins or ends. What comes in while a transaction is being written is the next one's. A process that dies loses
/// at most the tokens of one interval.
final class RunJournal: Sendable {
  struct State {
    var open: [UUID: OpenRun] = [:]
    var requests: [Request] = []
    /// Endings that the store has refused; tried again at every interval.
    var postponed: [Request] = []
    /// The runs with a checkpoint that is to be written now.
    var checkpointed: Set<UUID> = []
    /// Whether the events of the runs that go on are to be written, too.
    var isDue = false
    /// How long it took when they last were, and the time before.
    var lastRound = Duration.zero
    var roundBefore = Duration.zero

    var hasWork: Bool { isDue || isFollowedDue || !requests.isEmpty || !checkpointed.isEmpty }
    var isClosed = false
    var isFailing = false
    /// The runs whose last write failed: nobody knows whether it took effect.
    var uncertain: Set<UUID> = []
    /// Since when nothing could be written; `nil` while writing works.
    var unwrittenSince: Duration?
    /// The runs with readers on other nodes: their events are written, and told, sooner.
    var followed: Set<UUID> = []
    var isFollowedDue = false
    /// Whether readers are kept from what is not stored.
    var isHolding = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  /// The longest that events stay in memory only because the machine is overloaded.
  static let longestPause = Duration.seconds(2)
  /// The most endings that are kept for a store that refuses them, the newest ones.
  static let maxPostponed = 1_000

  let store: any RunStore
  let time: RunTime
  private let interval: Duration
  let sharing: Sharing?
  let logger: Logger
  let state = Mutex(State())

  /// Whether something of a run is still to be stored.
  func isOpen(_ runID: UUID) -> Bool { state.withLock { $0.open[runID] != nil } }

  /// - Parameter interval: the longest that an event stays in memory only.
  init(
    store: any RunStore, time: RunTime, interval: Duration, sharing: Sharing? = nil, logger: Logger
  ) {
    self.store = store
    self.time = time
    self.interval = interval
    self.sharing = sharing
    self.logger = logger
  }

  // MARK: The runs' side

  /// Stores the question, the answer's place, the run and the first event, and then appends that: nobody is told of a run
  /// that a crash could make forgotten.
  /// - Parameters:
  ///   - log: empty.
  ///   - onLost: called when the run is not this process's any more: it was deleted, or another node has ended it.
  /// - Throws: ``StoreError``; the event has not been appended.
  func begin(
    _ beginning: RunBeginning, with event: RunEvent, log: RunLog,
    onLost: @escaping @Sendable () -> Void = {}
  ) async throws {
    let first = LoggedEvent(id: 1, milliseconds: time.date().millisecondsSinceEpoch, event: event)
    let error = await submit {
      Request(
        runID: beginning.run.id, kind: .begin(beginning, first: first, log, onLost: onLost), continuation: $0)
    }
    if let error { throw error }
    log.append(first.event, milliseconds: first.milliseconds)
  }

  /// Stores a checkpoint, and the run's events up to now with it, without making anybody wait.
  func save(_ checkpoint: Checkpoint, runID: UUID) {
    let waiter = state.withLock { state in
      state.open[runID]?.checkpoint = checkpoint
      state.checkpointed.insert(runID)
      return state.waiter.take()
    }
    waiter?.resume()
  }

  /// Stores the finished message and every event up to the terminal one, which the log does not have yet: nobody sees
  /// a run end whose answer could still be lost. Does nothing for a run whose session was deleted.
  /// - Throws: ``StoreError``; the run is then still open.
  func end(_ run: Run, message: Message, terminal: LoggedEvent) async throws {
    guard state.withLock({ $0.open[run.id] != nil }) else { return }
    let kind = Request.Kind.end(message, terminal: terminal, endedAt: time.date())
    if let error = await submit({ Request(runID: run.id, kind: kind, continuation: $0) }) { throw error }
  }

  /// Stores an ended run as soon as the store works again. Its log has its terminal event.
  func postponeEnd(_ run: Run, message: Message) {
    let kind = Request.Kind.end(message, terminal: nil, endedAt: time.date())
    state.withLock { state in
      guard state.open[run.id] != nil else { return }
      if state.postponed.count >= Self.maxPostponed {
        state.open[state.postponed.removeFirst().runID] = nil
      }
      state.postponed.append(Request(runID: run.id, kind: kind))
    }
  }

  private func submit(
    _ makeRequest: (CheckedContinuation<StoreError?, Never>) -> Request
  ) async -> StoreError? {
    await withCheckedContinuation { continuation in
      let (waiter, isClosed) = state.withLock { state in
        if !state.isClosed { state.requests.append(makeRequest(continuation)) }
        return (state.waiter.take(), state.isClosed)
      }
      waiter?.resume()
      if isClosed { continuation.resume(returning: StoreError(.unavailable, "The server is stopping.")) }
    }
  }

  // MARK: The loop

  /// Writes until it is closed, and then what is left. Being cancelled only ends the intervals: runs that are cancelled
  /// at the same time must still be able to store their end.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.tick() }
      if let sharing { group.addTask { await self.tickShared(sharing) } }
      while await waitForWork() { await flush() }
      await flush()
      group.cancelAll()
    }
  }

  /// Ends the loop once everything is written. Called when no run is left.
  func close() {
    let waiter = state.withLock { state in
      state.isClosed = true
      return state.waiter.take()
    }
    waiter?.resume()
  }

  private func tick() async {
    while (try? await time.sleep(pause)) != nil {
      let waiter = state.withLock { state in
        guard !state.open.isEmpty else { return nil as CheckedContinuation<Void, Never>? }
        state.isDue = true
        return state.waiter.take()
      }
      waiter?.resume()
    }
  }

  /// The time to the next round: longer than the interval when rounds, and not a single one, take so long that writing
  /// would take more than a fifth of the time. Thousands of answers at once are so written in fewer, larger pieces.
  private var pause: Duration {
    max(interval, min(state.withLock { min($0.lastRound, $0.roundBefore) } * 4, Self.longestPause))
  }

  /// - Returns: whether to go on.
  private func waitForWork() async -> Bool {
    await withCheckedContinuation { continuation in
      let isReady = state.withLock { state in
        if state.hasWork || state.isClosed { return true }
        state.waiter = continuation
        return false
      }
      if isReady { continuation.resume() }
    }
    return state.withLock { !$0.isClosed || !$0.requests.isEmpty }
  }

  private func flush() async {
    let began = time.now()
    let (writes, isRound) = takeWrites()
    guard !writes.isEmpty else { return }
    state.withLock { state in state.unwrittenSince = state.unwrittenSince ?? began }
    do {
      let writes = try await withoutWhatIsStored(writes)
      let results = try await store.apply(writes.flatMap(\.changes))
      let followed = noteWritten(writes)
      // Before anybody hears that a run has ended: that forgets who follows it.
      if !followed.isEmpty { sharing?.onStored(followed) }
      settle(writes, results)
    } catch {
      giveBack(writes, error)
    }
    if isRound {
      state.withLock { state in
        state.roundBefore = state.lastRound
        state.lastRound = time.now() - began
      }
    }
  }

  /// Takes what is to be written now: beginnings and ends always, the events of other runs only when their time has come,
  /// or busy servers would write them in ever smaller pieces. The loop alone calls it, so no run is written twice at a
  /// time.
  private func takeWrites() -> (writes: [Write], isRound: Bool) {
    let (requests, ending, running, isRound) = state.withLock {
      state -> ([Request], [OpenRun?], [UUID: OpenRun], Bool) in
      let isRound = state.isDue || state.isClosed
      let requests = state.requests + (isRound ? state.postponed : [])
      state.requests = []
      let ending = requests.map { state.open[$0.runID] }
      for request in requests { state.open[request.runID]?.checkpoint = nil }
      state.isDue = false
      var running = state.open
      if !isRound {
        let wanted = state.checkpointed.union(state.isFollowedDue ? state.followed : [])
        running = state.open.filter { wanted.contains($0.key) }
      }
      state.isFollowedDue = false
      state.checkpointed = []
      for request in requests { running[request.runID] = nil }
      if isRound { state.postponed = [] }
      for id in running.keys { state.open[id]?.checkpoint = nil }
      return (requests, ending, running, isRound)
    }
    let requested = zip(requests, ending).compactMap { write($0, $1) }
    return (requested + running.compactMap { write($0.key, $0.value) }, isRound)
  }

  // MARK: Results

  private func settle(_ writes: [Write], _ results: [StoreError?]) {
    var position = 0
    for write in writes {
      let error = results[position..<position + write.changes.count].lazy.compactMap { $0 }.first
      position += write.changes.count
      settle(write, error)
      write.request?.continuation?.resume(returning: error)
    }
    let hasRecovered = state.withLock { state in
      defer { state.isFailing = false }
      return state.isFailing
    }
    if hasRecovered { logger.notice("Runs are stored again") }
  }

  private func settle(_ write: Write, _ error: StoreError?) {
    let onLost = state.withLock { state -> (@Sendable () -> Void)? in
      switch write.request?.kind {
      case .begin(_, _, let log, let onLost):
        if error == nil {
          state.open[write.runID] = OpenRun(log: log, storedID: write.lastID, onLost: onLost)
        }
      case .end:
        state.open[write.runID] = nil
        state.followed.remove(write.runID)
      // The session of a run that the store no longer knows was deleted, or another node has ended the run: there is
      // nothing to keep it for.
      case nil where error != nil: return state.open.removeValue(forKey: write.runID)?.onLost
      case nil: state.open[write.runID]?.storedID = write.lastID
      }
      return nil
    }
    onLost?()
    if let error, error.code != .notFound {
      logger.error(
        "A run could not be stored", metadata: ["run_id": "\(write.runID)", "error": "\(error)"])
    }
  }

  /// Nothing could be written. Events wait in their logs for the next time; whoever waits for a beginning or an end
  /// learns that it failed.
  private func giveBack(_ writes: [Write], _ error: any Error) {
    let error = error as? StoreError ?? StoreError(.failed, "The database failed.", detail: "\(error)")
    let isNew = state.withLock { state in
      state.uncertain.formUnion(writes.map(\.runID))
      for write in writes {
        if let checkpoint = write.checkpoint, state.open[write.runID]?.checkpoint == nil {
          state.open[write.runID]?.checkpoint = checkpoint
        }
        if let request = write.request, request.continuation == nil { state.postponed.append(request) }
      }
      defer { state.isFailing = true }
      return !state.isFailing
    }
    if isNew { logger.error("Runs cannot be stored", metadata: ["error": "\(error)"]) }
    for write in writes { write.request?.continuation?.resume(returning: error) }
  }
}
