import NIOCore
import Synchronization

/// One connection's position in a run.
///
/// It is used by one task, or one event loop. ``detach()`` may be called from anywhere, for example by the event loop that
/// sees the client go.
final class RunReader: Sendable {
  /// What is there now.
  enum Reading: Sendable {
    /// `hasMore` tells whether reading on brings something at once.
    case frames(EventFrames, hasMore: Bool)
    /// Nothing new yet.
    case pending
    /// Nothing will follow: the terminal event was read, the reader was detached, or the log has ended without an end.
    case ended
  }

  /// What follows a position: whole frames and the id of the last event in them; `nil` at the end.
  typealias Replay = @Sendable (_ position: Int) async throws -> (ByteBuffer, lastID: Int)?

  private enum Source {
    /// `ending` serves a reader whose position the ended log does not reach.
    case log(RunLog, ending: Replay?)
    case replay(Replay)
  }

  private struct State {
    var position: Int
    /// The newest event that came out of the log.
    var readID = 0
    /// Set once the log has ended before the reader had its end.
    var hasAskedForEnding = false
    var observer: (any RunLogObserver)?
  }

  /// `nil` for a replay of a run that is only stored.
  let run: Run?
  private let source: Source
  private let state: Mutex<State>
  private let detached = Atomic<Bool>(false)

  /// - Parameter after: the id of the last event that the client has; 0 for none.
  /// - Parameter ending: brings the end to a reader that has seen more of the run than was kept of it.
  init(run: Run, after: Int, ending: Replay? = nil) {
    self.run = run
    source = .log(run.log, ending: ending)
    state = Mutex(State(position: after))
  }

  /// A reader of what is stored.
  init(replaying replay: @escaping Replay, after: Int) {
    run = nil
    source = .replay(replay)
    state = Mutex(State(position: after))
  }

  // MARK: The log

  /// Whether the reader follows a log. What a reader of the store gets comes from ``nextStored()`` alone.
  var followsLog: Bool { if case .log = source { true } else { false } }

  /// Reads on in the log, without waiting.
  func read() -> Reading {
    guard case .log(let log, _) = source, !isDetached else { return .ended }
    return state.withLock { state in
      switch log.read(after: state.position) {
      case .frames(let frames, let lastID, let hasMore):
        (state.position, state.readID) = (lastID, lastID)
        return .frames(frames, hasMore: hasMore)
      case .pending: return .pending
      case .ended: return .ended
      }
    }
  }

  /// Tells an observer of whatever comes from now on, and when the reader is detached, until ``unfollow()``.
  func follow(with observer: any RunLogObserver) {
    guard case .log(let log, _) = source else { return }
    state.withLock { $0.observer = observer }
    log.add(observer)
  }

  func unfollow() {
    guard case .log(let log, _) = source else { return }
    let observer = state.withLock { state in
      defer { state.observer = nil }
      return state.observer
    }
    if let observer { log.remove(observer) }
  }

  // MARK: The store

  /// What the store has for the reader, page by page: of a reader that follows a log, the end that the log lacks.
  /// - Returns: `nil` at the end, or when the reader was detached.
  func nextStored() async -> ByteBuffer? {
    switch source {
    case .replay(let replay): return await next(of: replay)
    case .log(let log, let ending):
      guard let ending, log.terminalEvent != nil, asksForEnding(of: log) else { return nil }
      return await next(of: ending)
    }
  }

  /// - Returns: whether the reader lacks the log's end, once.
  private func asksForEnding(of log: RunLog) -> Bool {
    let lastID = log.lastID
    return state.withLock { state in
      guard !state.hasAskedForEnding, state.readID != lastID else { return false }
      state.hasAskedForEnding = true
      return true
    }
  }

  private func next(of replay: Replay) async -> ByteBuffer? {
    guard !isDetached else { return nil }
    do {
      guard let (buffer, lastID) = try await replay(state.withLock { $0.position }) else { return nil }
      state.withLock { $0.position = lastID }
      return buffer
    } catch {
      // The stream breaks off without a terminal event, which tells the client to come back.
      detach()
      return nil
    }
  }

  // MARK: The end

  /// Ends the reading: the client has gone.
  func detach() {
    detached.store(true, ordering: .sequentiallyConsistent)
    state.withLock { $0.observer }?.logChanged()
  }

  var isDetached: Bool { detached.load(ordering: .sequentiallyConsistent) }

  /// The event that ended the run, once everything has been read.
  var terminalEvent: RunEvent? {
    if case .log(let log, _) = source { return log.terminalEvent }
    return nil
  }
}
