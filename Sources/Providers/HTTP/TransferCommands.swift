import Synchronization

/// What tasks ask of the transport's thread.
enum TransferCommand: Sendable {
  case add(TransferID, HTTPRequest, any TransferReceiver)
  /// Read a paused transfer again.
  case resume(TransferID)
  /// Remove the transfer and close its connection now.
  case cancel(TransferID)
  /// The response has all that matters. Let it end by itself within the time, so that its connection can be
  /// used again; cancel it afterwards.
  case release(TransferID, within: Duration)
}

/// Names one transfer for as long as the process lives.
struct TransferID: Hashable, Sendable {
  let rawValue: UInt64
}

/// The queue of commands between tasks and the transport's thread, and the pipe that wakes the thread.
///
/// It never holds more than a few commands for each transfer that is alive.
final class TransferCommandQueue: Sendable {
  private struct State {
    var commands: [TransferCommand] = []
    var lastID: UInt64 = 0
    var isClosing = false
    var hasEnded = false
    var endWaiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  let wakeup: WakeupPipe

  init() throws {
    wakeup = try WakeupPipe()
  }

  func makeID() -> TransferID {
    state.withLock { state in
      state.lastID += 1
      return TransferID(rawValue: state.lastID)
    }
  }

  /// - Returns: `false` when the transport is closed; the command is then without effect.
  @discardableResult
  func send(_ command: TransferCommand) -> Bool {
    let (isAccepted, isFirst) = state.withLock { state in
      guard !state.isClosing else { return (false, false) }
      state.commands.append(command)
      return (true, state.commands.count == 1)
    }
    // The thread takes all commands at once, so only the first of a batch needs to wake it.
    if isFirst { wakeup.signal() }
    return isAccepted
  }

  /// No command is accepted from now on; the thread ends every transfer and then itself.
  func close() {
    let isFirst = state.withLock { state in
      defer { state.isClosing = true }
      return !state.isClosing
    }
    if isFirst { wakeup.signal() }
  }

  /// Returns when the thread has let go of everything.
  func waitUntilEnded() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.endWaiters.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  // MARK: The transport's thread

  /// - Returns: whether the queue was closed, so that these commands are the last.
  func takeAll(into commands: inout [TransferCommand]) -> Bool {
    commands.removeAll(keepingCapacity: true)
    return state.withLock { state in
      swap(&commands, &state.commands)
      return state.isClosing
    }
  }

  /// Closes the queue, fails what nobody took, and lets ``waitUntilEnded()`` return.
  func end() {
    let (commands, waiters) = state.withLock { state in
      state.isClosing = true
      state.hasEnded = true
      defer { (state.commands, state.endWaiters) = ([], []) }
      return (state.commands, state.endWaiters)
    }
    let batch = WakeupBatch()
    for case .add(_, _, let receiver) in commands {
      receiver.end(HTTPTransportError(kind: .closed, detail: "the transport is closed"), waking: batch)
    }
    batch.wake()
    for waiter in waiters { waiter.resume() }
  }
}
