@preconcurrency import Dispatch
import Foundation
import Synchronization

/// Hands one value to one waiting task. Several sources may race to give it; the first one wins.
final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case awaited(CheckedContinuation<Value, Never>)
    case given(Value)
    case taken
  }

  private let state = Mutex(State.empty)

  /// - Returns: `false` when another value came first; this one is dropped.
  @discardableResult
  func give(_ value: Value) -> Bool {
    let (isFirst, continuation) = state.withLock { state in
      switch state {
      case .empty:
        state = .given(value)
        return (true, nil as CheckedContinuation<Value, Never>?)
      case .awaited(let continuation):
        state = .taken
        return (true, continuation)
      case .given, .taken: return (false, nil)
      }
    }
    continuation?.resume(returning: value)
    return isFirst
  }

  /// Waits for the value, whatever becomes of the task. Called once.
  func value() async -> Value {
    await withCheckedContinuation { continuation in
      let value = state.withLock { state -> Value? in
        guard case .given(let value) = state else {
          state = .awaited(continuation)
          return nil
        }
        state = .taken
        return value
      }
      if let value { continuation.resume(returning: value) }
    }
  }

  /// Waits for the value, or for the cancellation of the task, which then gives `cancelled`.
  func value(_ cancellation: PostgresCancellation, ifCancelled cancelled: Value) async -> Value {
    guard cancellation == .cancelsQuery else { return await value() }
    return await withTaskCancellationHandler {
      await value()
    } onCancel: {
      give(cancelled)
    }
  }
}

/// Work and time that are not the cooperative pool's.
enum Waiting {
  static let queue = DispatchQueue(label: "postgres.waiting")

  /// - Throws: `CancellationError`, unless the call shall be carried through.
  static func pause(_ duration: Duration, _ cancellation: PostgresCancellation) async throws {
    let end = OneShot<Bool>()
    queue.asyncAfter(deadline: .now() + duration.interval) { end.give(true) }
    guard await end.value(cancellation, ifCancelled: false) else { throw CancellationError() }
  }

  /// Runs something that may block for long (a name server that is silent) on a thread of its own.
  static func onThread(_ work: @escaping @Sendable () -> Void) {
    let thread = Thread(block: work)
    thread.name = "postgres"
    thread.stackSize = 512 * 1024
    thread.start()
  }
}

extension Duration {
  var interval: DispatchTimeInterval {
    .milliseconds(Int(clamping: milliseconds))
  }
}
