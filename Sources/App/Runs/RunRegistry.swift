import DequeModule
import Foundation

/// Which runs there are, which of them may work, and whether another one may start. Pure decisions; ``RunService`` acts
/// on them.
struct RunRegistry {
  /// What becomes of a request to start a run.
  enum Admission {
    /// A new run, registered. `isStopped` when its stop came before it did.
    case admitted(Run, isStopped: Bool)
    /// The same request came before: follow its run.
    case attached(Run)
    case refused(Refusal)
  }

  enum Refusal: Hashable {
    /// The run id is taken by another request.
    case conflict
    case sessionBusy(runID: UUID)
    case clientBusy
    case overloaded
    case draining
  }

  /// How many runs there may be.
  struct Limits: Sendable, Hashable {
    /// Working and waiting ones together.
    var runs = 10_000
    /// How many work at once, the others wait; `nil` for all of them.
    var places: Int?
    /// How many one client may have; `nil` for any number.
    var runsPerClient: Int?
  }

  /// Stops that came before their run are remembered this long, and no more than this many: a client that stops at
  /// once sends both requests within a moment.
  static let earlyStopLifetime = Duration.seconds(60)
  static let earlyStopLimit = 10_000

  private let limits: Limits
  private let retention: Duration
  private var runs: [UUID: Run] = [:]
  private var activeBySession: [UUID: UUID] = [:]
  private var activeByClient: [String: Int] = [:]
  private var working: Set<UUID> = []
  /// The runs that wait for a place, the next one first. Some may have ended since: they are skipped.
  private var waiting: Deque<UUID> = []
  private var positions: [UUID: Int] = [:]
  private var finished: Deque<(id: UUID, expiry: Duration)> = []
  private var earlyStops: [UUID: Duration] = [:]
  private var orphans: [UUID: Duration] = [:]
  private(set) var activeCount = 0
  private(set) var isDraining = false

  /// - Parameter retention: how long a finished run can be followed from memory.
  init(limits: Limits, retention: Duration) {
    self.limits = limits
    self.retention = retention
  }

  /// - Parameter makeRun: called when a new run is admitted.
  mutating func admit(
    id: UUID, sessionID: UUID, client: String? = nil, fingerprint: RunFingerprint, makeRun: () -> Run
  ) -> Admission {
    if let run = runs[id] {
      return run.fingerprint == fingerprint ? .attached(run) : .refused(.conflict)
    }
    if isDraining { return .refused(.draining) }
    if let runID = activeBySession[sessionID] { return .refused(.sessionBusy(runID: runID)) }
    if activeCount >= limits.runs { return .refused(.overloaded) }
    if let client, let limit = limits.runsPerClient, activeByClient[client, default: 0] >= limit {
      return .refused(.clientBusy)
    }
    let run = makeRun()
    runs[id] = run
    activeBySession[sessionID] = id
    if let client { activeByClient[client, default: 0] += 1 }
    activeCount += 1
    if working.count < limits.places ?? .max {
      working.insert(id)
      run.place.fulfil(())
    } else {
      waiting.append(id)
    }
    return .admitted(run, isStopped: earlyStops.removeValue(forKey: id) != nil)
  }

  subscript(id: UUID) -> Run? { runs[id] }

  func activeRun(sessionID: UUID) -> Run? { activeBySession[sessionID].flatMap { runs[$0] } }

  /// Those that have ended, too, as long as they are remembered.
  var all: [Run] { Array(runs.values) }

  var active: [Run] { activeBySession.values.compactMap { runs[$0] } }

  /// Remembers a stop whose run has not come yet.
  mutating func rememberStop(id: UUID, now: Duration) {
    if earlyStops.count >= Self.earlyStopLimit {
      earlyStops = earlyStops.filter { now - $0.value < Self.earlyStopLifetime }
    }
    guard earlyStops.count < Self.earlyStopLimit else { return }
    earlyStops[id] = now
  }

  /// A run has ended: its session is free, its log can be followed for the retention time.
  mutating func finish(_ run: Run, now: Duration) {
    guard release(run) else { return }
    finished.append((run.id, now + retention))
  }

  /// Forgets a run that could not start.
  mutating func discard(_ run: Run) {
    if release(run) { runs[run.id] = nil }
  }

  /// Forgets the ended runs of a session.
  mutating func forget(sessionID: UUID) {
    runs = runs.filter { $1.sessionID != sessionID || activeBySession[sessionID] == $0 }
  }

  private mutating func release(_ run: Run) -> Bool {
    guard runs[run.id] != nil, activeBySession[run.sessionID] == run.id else { return false }
    activeBySession[run.sessionID] = nil
    orphans[run.id] = nil
    positions[run.id] = nil
    if let client = run.client, let count = activeByClient[client] {
      activeByClient[client] = count > 1 ? count - 1 : nil
    }
    activeCount -= 1
    if working.remove(run.id) != nil { promote() }
    return true
  }

  /// Gives a free place to the one that has waited longest.
  private mutating func promote() {
    while let id = waiting.popFirst() {
      guard let run = runs[id], activeBySession[run.sessionID] == id else { continue }
      positions[id] = nil
      working.insert(id)
      run.place.fulfil(())
      return
    }
  }

  /// The waiting runs whose position in the queue is not what it was when this was last asked; 1 is the next to work.
  /// Those that have not begun their log yet are left for the next time.
  mutating func takeMoved() -> [(run: Run, position: Int)] {
    guard !waiting.isEmpty else { return [] }
    waiting.removeAll { id in runs[id].map { activeBySession[$0.sessionID] != id } ?? true }
    return waiting.enumerated().compactMap { index, id in
      guard let run = runs[id], run.log.lastID > 0, positions.updateValue(index + 1, forKey: id) != index + 1
      else { return nil }
      return (run, index + 1)
    }
  }

  /// Counts a reader that came (back) to a run.
  mutating func attach(_ run: Run) {
    run.addReader()
    orphans[run.id] = nil
  }

  /// Counts a reader that has gone, and when it was the last one, notes until when somebody must have come back. One step
  /// with the counting: a reader that comes back at this moment must not be overlooked.
  /// - Returns: whether it was the last.
  mutating func detach(_ run: Run, deadline: Duration) -> Bool {
    guard run.removeReader() == 0 else { return false }
    if activeBySession[run.sessionID] == run.id { orphans[run.id] = deadline }
    return true
  }

  /// The runs that nobody came back to in time; each is returned once.
  mutating func takeAbandoned(now: Duration) -> [Run] {
    let ids = orphans.filter { $0.value <= now }.keys
    return ids.compactMap { id in
      orphans[id] = nil
      return runs[id]
    }
  }

  /// Forgets what need not be remembered any more.
  mutating func expire(now: Duration) {
    while let first = finished.first, first.expiry <= now {
      finished.removeFirst()
      runs[first.id] = nil
    }
    earlyStops = earlyStops.filter { now - $0.value < Self.earlyStopLifetime }
  }

  mutating func drain() { isDraining = true }
}
