/// The way from a node to the stream of the outermost graph, whose state type a node inside a subgraph does not know.
protocol EventSink<Payload>: Sendable {
  associatedtype Payload: Sendable

  /// The fast path of a payload: delivers it if that takes no waiting.
  func offer(_ payload: Payload, path: [NodeID], step: Int) throws -> Bool
  nonisolated(nonsending) func send(_ event: NodeEvent<Payload>, path: [NodeID], step: Int) async throws
}

/// What can be said about a node without naming its graph's state.
enum NodeEvent<Payload: Sendable>: Sendable {
  case started(attempt: Int)
  case finishedInSubgraph(update: any Codable & Sendable, duration: Duration)
  case retrying(attempt: Int, delay: Duration, error: String)
  case payload(Payload)
}

struct ChannelSink<State: GraphState, Payload: Sendable>: EventSink {
  let channel: EventChannel<GraphEvent<State, Payload>>

  func offer(_ payload: Payload, path: [NodeID], step: Int) throws -> Bool {
    try channel.trySend(GraphEvent(path: path, step: step, kind: .payload(payload)))
  }

  nonisolated(nonsending) func send(
    _ event: NodeEvent<Payload>, path: [NodeID], step: Int
  ) async throws {
    let kind: GraphEvent<State, Payload>.Kind =
      switch event {
      case .started(let attempt): .nodeStarted(attempt: attempt)
      case .finishedInSubgraph(let update, let duration):
        .subgraphNodeFinished(update: update, duration: duration)
      case .retrying(let attempt, let delay, let error):
        .nodeRetrying(attempt: attempt, delay: delay, error: error)
      case .payload(let payload): .payload(payload)
      }
    try await channel.send(GraphEvent(path: path, step: step, kind: kind))
  }
}
