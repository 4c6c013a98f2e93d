/// The way from a node to the stream of the outermost graph, whose state type a node inside a subgraph does not know.
///
/// Closures rather than a protocol: the compiler specialises a closure for the graph's types where it is made, but reaches a
/// generic type through a protocol only by its unspecialised code, which costs more than all else that a token needs.
struct EventSink<Payload: Sendable>: Sendable {
  /// The fast path of a payload: delivers it if that takes no waiting.
  let offer: @Sendable (Payload, _ path: [NodeID], _ step: Int) throws -> Bool
  let send: @Sendable (NodeEvent<Payload>, _ path: [NodeID], _ step: Int) async throws -> Void

  let deliversAtOnce: Bool

  init<State>(_ output: EventOutput<State, Payload>) {
    if case .handler = output { deliversAtOnce = true } else { deliversAtOnce = false }
    offer = { payload, path, step in
      try output.trySend(GraphEvent(path: path, step: step, kind: .payload(payload)))
    }
    send = { event, path, step in
      try await output.send(GraphEvent(path: path, step: step, kind: .init(event)))
    }
  }
}

/// What can be said about a node without naming its graph's state.
enum NodeEvent<Payload: Sendable>: Sendable {
  case started(attempt: Int)
  case finishedInSubgraph(update: any Codable & Sendable, duration: Duration)
  case retrying(attempt: Int, delay: Duration, error: String)
  case payload(Payload)
}

extension GraphEvent.Kind {
  init(_ event: NodeEvent<Payload>) {
    self =
      switch event {
      case .started(let attempt): .nodeStarted(attempt: attempt)
      case .finishedInSubgraph(let update, let duration):
        .subgraphNodeFinished(update: update, duration: duration)
      case .retrying(let attempt, let delay, let error):
        .nodeRetrying(attempt: attempt, delay: delay, error: error)
      case .payload(let payload): .payload(payload)
      }
  }
}
