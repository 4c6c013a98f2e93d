/// Where the events of one run go.
enum EventOutput<State: GraphState, Payload: Sendable>: Sendable {
  typealias Event = GraphEvent<State, Payload>

  /// To a consumer that takes them at its own pace: the nodes wait while it lags.
  case channel(EventChannel<Event>)
  /// To a function that is called where the event happens; nodes that run side by side call it at once.
  case handler(@Sendable (Event) -> Void)

  /// Delivers an event if that takes no waiting.
  /// - Returns: `false` when the consumer lags; nothing has been delivered then.
  /// - Throws: `CancellationError` when the task is cancelled or the consumer is gone.
  func trySend(_ event: Event) throws(CancellationError) -> Bool {
    switch self {
    case .channel(let channel): return try channel.trySend(event)
    case .handler(let handler):
      guard !Task.isCancelled else { throw CancellationError() }
      handler(event)
      return true
    }
  }

  /// Delivers an event, waiting while the consumer lags.
  /// - Throws: as ``trySend(_:)``.
  nonisolated(nonsending) func send(_ event: Event) async throws {
    switch self {
    case .channel(let channel): try await channel.send(event)
    case .handler: _ = try trySend(event)
    }
  }
}
