import NIOCore
import Synchronization

/// One connection's position in a run's log.
///
/// It is used by one task. ``detach()`` may be called from anywhere, for example by the event loop that sees the client
/// go.
final class RunReader: Sendable {
  /// What to write next.
  enum Item: Sendable {
    case frames(ByteBuffer)
    case heartbeat
  }

  let log: RunLog
  /// `nil` for a replay of a run that is only stored.
  let run: Run?
  private let position: Mutex<Int>
  private let detached = Atomic<Bool>(false)

  /// - Parameter after: the id of the last event that the client has; 0 for none.
  init(run: Run, after: Int) {
    self.run = run
    log = run.log
    position = Mutex(after)
  }

  /// A reader that no run counts.
  init(replaying log: RunLog, after: Int) {
    run = nil
    self.log = log
    position = Mutex(after)
  }

  /// Waits for what follows the reader's position.
  /// - Returns: `nil` after the terminal event, or when the reader was detached.
  func next() async -> Item? {
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

  /// Ends the reading: the client has gone.
  func detach() {
    detached.store(true, ordering: .sequentiallyConsistent)
    log.wakeDetached(ObjectIdentifier(self))
  }

  var isDetached: Bool { detached.load(ordering: .sequentiallyConsistent) }
}
