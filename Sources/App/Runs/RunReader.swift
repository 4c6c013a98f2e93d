import NIOCore
import Synchronization

/// One connection's position in a run.
///
/// It is used by one task. ``detach()`` may be called from anywhere, for example by the event loop that sees the client
/// go.
final class RunReader: Sendable {
  /// What to write next.
  enum Item: Sendable {
    case frames(ByteBuffer)
    case heartbeat
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

  /// Waits for what follows the reader's position.
  /// - Returns: `nil` after the terminal event, or when the reader was detached.
  func next() async -> Item? {
    switch source {
    case .log(let log, let ending): await next(in: log, ending: ending)
    case .replay(let replay): await next(of: replay)
    }
  }

  private func next(in log: RunLog, ending: Replay?) async -> Item? {
    while !isDetached {
      let id = state.withLock { $0.position }
      switch log.read(after: id) {
      case .frames(let buffer, let lastID):
        state.withLock { ($0.position, $0.readID) = (lastID, lastID) }
        return .frames(buffer)
      case .ended:
        guard let ending, log.terminalEvent != nil, asksForEnding(of: log) else { return nil }
        return await next(of: ending)
      case .pending:
        let reason = await log.wait(after: id, reader: ObjectIdentifier(self)) { isDetached }
        if case .heartbeat = reason { return .heartbeat }
      }
    }
    return nil
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

  private func next(of replay: Replay) async -> Item? {
    guard !isDetached else { return nil }
    do {
      guard let (buffer, lastID) = try await replay(state.withLock { $0.position }) else { return nil }
      state.withLock { $0.position = lastID }
      return .frames(buffer)
    } catch {
      // The stream breaks off without a terminal event, which tells the client to come back.
      detach()
      return nil
    }
  }

  /// Ends the reading: the client has gone.
  func detach() {
    detached.store(true, ordering: .sequentiallyConsistent)
    if case .log(let log, _) = source { log.wakeDetached(ObjectIdentifier(self)) }
  }

  var isDetached: Bool { detached.load(ordering: .sequentiallyConsistent) }

  /// The event that ended the run, once everything has been read.
  var terminalEvent: RunEvent? {
    if case .log(let log, _) = source { return log.terminalEvent }
    return nil
  }
}
