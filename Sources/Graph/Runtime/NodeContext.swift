/// What a node knows about the run it is part of, and its way to report while it works.
public struct NodeContext<Payload: Sendable>: Sendable {
  /// The nodes of the enclosing subgraphs, outermost first, then the node itself.
  public let path: [NodeID]
  /// The superstep in the node's own graph, from 1.
  public let step: Int
  /// The number of this attempt, from 1.
  public let attempt: Int
  let scope: RunScope<Payload>

  public var node: NodeID { path[path.count - 1] }
  /// The thread of ``RunOptions/threadID``.
  public var threadID: String { scope.threadID }

  /// What `resume` was called with, for the nodes of the first step after it; `nil` for all others.
  public var resumeInput: (any Codable & Sendable)? {
    scope.resumeStep == nil || scope.resumeStep == step ? scope.resumeInput : nil
  }

  /// Adds an event to the run's stream. Suspends while the consumer is behind, and never otherwise.
  /// - Throws: `CancellationError` when the node was cancelled or the consumer is gone.
  nonisolated(nonsending) public func emit(_ payload: Payload) async throws {
    if try scope.sink.offer(payload, path, step) { return }
    try await scope.sink.send(.payload(payload), path, step)
  }

  /// Whether ``offer(_:)`` takes everything: the consumer is a function that is called where things happen.
  public var deliversAtOnce: Bool { scope.sink.deliversAtOnce }

  /// Adds an event to the run's stream if that takes no waiting. It may be called outside of the node's task.
  /// - Returns: whether it was added.
  /// - Throws: `CancellationError` as ``emit(_:)`` does.
  @discardableResult
  public func offer(_ payload: Payload) throws -> Bool {
    try scope.sink.offer(payload, path, step)
  }
}

/// What the nodes of one graph share during one run.
final class RunScope<Payload: Sendable>: Sendable {
  let sink: EventSink<Payload>
  /// The enclosing subgraph nodes, outermost first.
  let prefix: [NodeID]
  let threadID: String
  let clock: any Clock<Duration>
  /// The time since the run began.
  let elapsed: @Sendable () -> Duration
  let stepLimit: Int
  let resumeInput: (any Codable & Sendable)?
  /// The step whose nodes see the input; `nil` means every step.
  let resumeStep: Int?

  init(
    sink: EventSink<Payload>, prefix: [NodeID], threadID: String, clock: any Clock<Duration>,
    elapsed: @escaping @Sendable () -> Duration, stepLimit: Int,
    resumeInput: (any Codable & Sendable)?, resumeStep: Int?
  ) {
    self.sink = sink
    self.prefix = prefix
    self.threadID = threadID
    self.clock = clock
    self.elapsed = elapsed
    self.stepLimit = stepLimit
    self.resumeInput = resumeInput
    self.resumeStep = resumeStep
  }

  /// The scope of a subgraph that runs as the node of the context.
  static func nested(in context: NodeContext<Payload>) -> RunScope {
    let outer = context.scope
    return RunScope(
      sink: outer.sink, prefix: context.path, threadID: outer.threadID, clock: outer.clock,
      elapsed: outer.elapsed, stepLimit: outer.stepLimit, resumeInput: context.resumeInput,
      resumeStep: nil)
  }

  /// Opens the clock's type once per run, so that reading the time costs no existential.
  static func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
    let origin = clock.now
    return { origin.duration(to: clock.now) }
  }
}
