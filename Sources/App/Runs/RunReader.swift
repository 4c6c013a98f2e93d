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
    case log(RunLog)
    case replay(Replay)
  }

  /// `nil` for a replay of a run that is only stored.
  let run: Run?
  private let source: Source
  private let position: Mutex<Int>
  private let detached = Atomic<Bool>(false)

  /// - Parameter after: the id of the last event that the client has; 0 for none.
  init(run: Run, after: Int) {
    self.run = run
    source = .log(run.log)
    position = Mutex(after)
  }

  /// A reader of what is stored.
  init(replaying replay: @escaping Replay, after: Int) {
    run = nil
    source = .replay(replay)
    position = Mutex(after)
  }

  /// Waits for what follows the reader's position.
  /// - Returns: `nil` after the terminal event, or when the reader was detached.
  func next() async -> Item? {
    switch source {
    case .log(let log): await next(in: log)
    case .replay(let replay): await next(of: replay)
    }
  }

  private func next(in log: RunLog) async -> Item? {
    while !isDetached {
      let id = position.withLock { $0 }
      switch log.read(after: id) {
      case .frames(let buffer, let lastID):
        position.withLock { $0 = lastID }
        return .frames(buffer)
      case .ended: return nil
      case .pending:
        let reason = await log.wait(after: id, reader: ObjectIdentifier(self)) { isDetached }
        if case .heartbeat = reason { return .heartbeat }
      }
    }
    return nil
  }

  private func next(of replay: Replay) async -> Item? {
    guard !isDetached else { return nil }
    do {
      guard let (buffer, lastID) = try await replay(position.withLock { $0 }) else { return nil }
      position.withLock { $0 = lastID }
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
    if case .log(let log) = source { log.wakeDetached(ObjectIdentifier(self)) }
  }

  var isDetached: Bool { detached.load(ordering: .sequentiallyConsistent) }

  /// The event that ended the run, once everything has been read.
  var terminalEvent: RunEvent? {
    if case .log(let log) = source { return log.terminalEvent }
    return nil
  }
}
