import Synchronization

/// A value that comes once, and whoever waits for it.
public final class OneTimeSignal<Value: Sendable>: Sendable {
  private enum State {
    case waiting([Int: CheckedContinuation<Value, any Error>], nextID: Int)
    case fired(Value)
  }

  private let state = Mutex(State.waiting([:], nextID: 0))

  public init() {}

  /// The value, if it has come.
  public var current: Value? {
    state.withLock { if case .fired(let value) = $0 { value } else { nil } }
  }

  /// Only the first call counts.
  public func fire(_ value: Value) {
    let waiters = state.withLock { state -> [CheckedContinuation<Value, any Error>] in
      guard case .waiting(let waiters, _) = state else { return [] }
      state = .fired(value)
      return Array(waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: value) }
  }

  /// Waits for the value.
  /// - Throws: `CancellationError` when the task is cancelled, for example by a test's time limit.
  public func value() async throws -> Value {
    let id = state.withLock { state -> Int in
      guard case .waiting(let waiters, let id) = state else { return -1 }
      state = .waiting(waiters, nextID: id + 1)
      return id
    }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let result = state.withLock { state -> Result<Value, any Error>? in
          switch state {
          case .fired(let value): return .success(value)
          case .waiting(var waiters, let nextID):
            if Task.isCancelled { return .failure(CancellationError()) }
            waiters[id] = continuation
            state = .waiting(waiters, nextID: nextID)
            return nil
          }
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      let waiter = state.withLock { state -> CheckedContinuation<Value, any Error>? in
        guard case .waiting(var waiters, let nextID) = state else { return nil }
        let waiter = waiters.removeValue(forKey: id)
        state = .waiting(waiters, nextID: nextID)
        return waiter
      }
      waiter?.resume(throwing: CancellationError())
    }
  }
}

extension OneTimeSignal where Value == Void {
  public func fire() { fire(()) }
}

/// Lets a script go on step by step: each ``open(_:)`` lets that many ``pass()`` calls through.
public final class StepGate: Sendable {
  private struct State {
    var opened = 0
    var passed = 0
    var steps: [Int: OneTimeSignal<Void>] = [:]
    var isOpenForGood = false
  }

  private let state = Mutex(State())

  public init() {}

  public func open(_ count: Int = 1) {
    let due = state.withLock { state in
      let range = state.opened..<(state.opened + count)
      state.opened += count
      return range.compactMap { state.steps.removeValue(forKey: $0) }
    }
    for step in due { step.fire() }
  }

  public func openForGood() {
    let due = state.withLock { state in
      state.isOpenForGood = true
      defer { state.steps = [:] }
      return Array(state.steps.values)
    }
    for step in due { step.fire() }
  }

  /// - Throws: `CancellationError` when the task is cancelled.
  public func pass() async throws {
    let step = state.withLock { state -> OneTimeSignal<Void>? in
      defer { state.passed += 1 }
      if state.isOpenForGood || state.passed < state.opened { return nil }
      let step = OneTimeSignal<Void>()
      state.steps[state.passed] = step
      return step
    }
    try await step?.value()
  }
}
