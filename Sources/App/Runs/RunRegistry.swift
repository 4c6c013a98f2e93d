import DequeModule
import Foundation

/// Which runs there are, and whether another one may start. Pure decisions; ``RunService`` acts on them.
struct RunRegistry {
  /// What becomes of a request to start a run.
  enum Admission {
    /// A new run, registered. `isStopped` when its stop came before it did.
    case admitted(Run, isStopped: Bool)
    /// The same request came before: follow its run.
    case attached(Run)
    /// The run id is taken by another request.
    case conflict
    case sessionBusy(runID: UUID)
    case overloaded
    case draining
  }

  /// Stops that came before their run are remembered this long, and no more than this many: a client that stops at
  /// once sends both requests within a moment.
  static let earlyStopLifetime = Duration.seconds(60)
  static let earlyStopLimit = 10_000

  private let maxRuns: Int
  private let retention: Duration
  private var runs: [UUID: Run] = [:]
  private var activeBySession: [UUID: UUID] = [:]
  private var finished: Deque<(id: UUID, expiry: Duration)> = []
  private var earlyStops: [UUID: Duration] = [:]
  private var orphans: [UUID: Duration] = [:]
  private(set) var activeCount = 0
  private(set) var isDraining = false

  /// - Parameters:
  ///   - maxRuns: how many runs may be active at once.
  ///   - retention: how long a finished run can be followed from memory.
  init(maxRuns: Int, retention: Duration) {
    self.maxRuns = maxRuns
    self.retention = retention
  }

  /// - Parameter makeRun: called when a new run is admitted.
  mutating func admit(
    id: UUID, sessionID: UUID, fingerprint: RunFingerprint, makeRun: () -> Run
  ) -> Admission {
    if let run = runs[id] { return run.fingerprint == fingerprint ? .attached(run) : .conflict }
    if isDraining { return .draining }
    if let runID = activeBySession[sessionID] { return .sessionBusy(runID: runID) }
    if activeCount >= maxRuns { return .overloaded }
    let run = makeRun()
    runs[id] = run
    activeBySession[sessionID] = id
    activeCount += 1
    return .admitted(run, isStopped: earlyStops.removeValue(forKey: id) != nil)
  }

  subscript(id: UUID) -> Run? { runs[id] }

  func activeRun(sessionID: UUID) -> Run? { activeBySession[sessionID].flatMap { runs[$0] } }

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

  private mutating func release(_ run: Run) -> Bool {
    guard runs[run.id] != nil, activeBySession[run.sessionID] == run.id else { return false }
    activeBySession[run.sessionID] = nil
    orphans[run.id] = nil
    activeCount -= 1
    return true
  }

  /// Notes that nobody reads a run any more.
  mutating func orphan(_ run: Run, deadline: Duration) {
    guard activeBySession[run.sessionID] == run.id else { return }
    orphans[run.id] = deadline
  }

  mutating func adopt(_ run: Run) {
    orphans[run.id] = nil
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
