/// Something that happened in a run.
public struct GraphEvent<State: GraphState, Payload: Sendable>: Sendable {
  /// The nodes of the enclosing subgraphs, outermost first, then the node itself. Never empty.
  public let path: [NodeID]
  /// The superstep of the graph that the node belongs to, from 1; 0 before the first.
  public let step: Int
  public let kind: Kind

  /// The node that the event is about.
  ///
  /// Events of the run as a whole name a node too: `finished` names ``NodeID/end``, `interrupted` the first node that the
  /// run stopped before (or else after), `checkpointSaved` the last node whose update it holds, or ``NodeID/start``.
  public var node: NodeID { path[path.count - 1] }

  // The large and rare cases are indirect, so that an event that carries a token stays small.
  public enum Kind: Sendable {
    /// An attempt to run the node has begun; attempts count from 1.
    case nodeStarted(attempt: Int)
    /// The node has returned its update, which takes effect at the end of the step. The duration is that of the last attempt.
    indirect case nodeFinished(update: State.Update, duration: Duration)
    /// As `nodeFinished`, for a node inside a subgraph, whose updates are of another type.
    indirect case subgraphNodeFinished(update: any Codable & Sendable, duration: Duration)
    /// An attempt has failed, and the next one begins after the delay. Payloads of the failed attempt were delivered.
    indirect case nodeRetrying(attempt: Int, delay: Duration, error: String)
    /// The node emitted this.
    case payload(Payload)
    /// The checkpointer holds the run up to here.
    case checkpointSaved(id: Int)
    /// The run stopped as its options ask, and can be resumed. The last event.
    indirect case interrupted(GraphInterrupt<State>)
    /// The run has reached its end with this state. The last event.
    indirect case finished(State)
  }

  init(path: [NodeID], step: Int, kind: Kind) {
    self.path = path
    self.step = step
    self.kind = kind
  }
}

/// Where a run stopped to be resumed later.
public struct GraphInterrupt<State: GraphState>: Sendable {
  /// The nodes with `interruptBefore` that run next, and those with `interruptAfter` that have just run, each in the order of
  /// declaration.
  public let before: [NodeID]
  public let after: [NodeID]
  public let state: State
  /// The checkpoint that holds it.
  public let checkpointID: Int
}

/// The events of one run, in order, as they happen.
///
/// Ends after `finished` or `interrupted`. Iterating throws ``GraphError`` when the run fails and `CancellationError` when the
/// consumer's task is cancelled. The run waits while `RunOptions.eventBuffer` events have not been taken.
public struct GraphEvents<State: GraphState, Payload: Sendable>: AsyncSequence, Sendable {
  public typealias Element = GraphEvent<State, Payload>

  let channel: EventChannel<Element>

  public func makeAsyncIterator() -> EventChannel<Element>.Iterator {
    channel.makeAsyncIterator()
  }
}
