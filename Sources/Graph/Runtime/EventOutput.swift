import Synchronization

/// Where the events of one run go.
enum EventOutput<State: GraphState, Payload: Sendable>: Sendable {
  typealias Event = GraphEvent<State, Payload>

  /// To a consumer that takes them at its own pace: the nodes wait while it lags.
  case channel(EventChannel<Event>)
  /// To a function that is called where the event happens.
  case handler(EventHandler<Event>)

  /// Delivers an event if that takes no waiting.
  /// - Returns: `false` when the consumer lags; nothing has been delivered then.
  /// - Throws: `CancellationError` when the task is cancelled or the consumer is gone.
  func trySend(_ event: Event) throws(CancellationError) -> Bool {
    switch self {
    case .channel(let channel): return try channel.trySend(event)
    case .handler(let handler):
      guard !Task.isCancelled else { throw CancellationError() }
      handler.handle(event)
      return true
    }
  }

  /// Delivers an event, waiting while the consumer lags.
  /// - Throws: as ``trySend(_:)``.
  nonisolated(nonsending) func send(_ event: Event) async throws {
    if try trySend(event) { return }
    if case .channel(let channel) = self { try await channel.send(event) }
  }
}

/// Calls a function for one event after the other, also when nodes that run side by side report at once.
final class EventHandler<Event: Sendable>: Sendable {
  private let body: @Sendable (Event) -> Void
  private let turn = Mutex(())

  init(_ body: @escaping @Sendable (Event) -> Void) {
    self.body = body
  }

  func handle(_ event: Event) {
    turn.withLock { _ in body(event) }
  }
}
