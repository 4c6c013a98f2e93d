/// How a graph is run.
public struct RunOptions: Sendable {
  /// Names what belongs together in the checkpointer. May be empty only without one.
  public var threadID: String
  /// Keeps the state after each step; `nil` runs without checkpoints.
  public var checkpointer: (any Checkpointer)?
  /// Checkpoints are saved only after steps with one of these nodes, and where the run is interrupted; `nil` saves before
  /// the first step and after each one. Encoding the state is most of a checkpoint's cost: a graph whose early steps are
  /// cheap to repeat need not pay for them.
  public var checkpointAfter: Set<NodeID>?
  /// The run stops before a step with one of these nodes. Needs a checkpointer. Names nodes of the outermost graph: a
  /// subgraph is one node.
  public var interruptBefore: Set<NodeID>
  /// The run stops after a step with one of these nodes. As ``interruptBefore``.
  public var interruptAfter: Set<NodeID>
  /// How many steps this call may take; each subgraph counts its own. 64 is far above any graph without a cycle that
  /// people draw, and low enough that a runaway one stops at once.
  public var stepLimit: Int
  /// Measures durations, timeouts and backoff.
  public var clock: any Clock<Duration>
  /// How many events wait for the consumer before the nodes do. 64 tokens are what the fastest models send in about a
  /// quarter of a second: enough for a consumer's hiccup, little enough to hold.
  public var eventBuffer: Int

  public init(
    threadID: String = "", checkpointer: (any Checkpointer)? = nil,
    checkpointAfter: Set<NodeID>? = nil, interruptBefore: Set<NodeID> = [],
    interruptAfter: Set<NodeID> = [], stepLimit: Int = 64, clock: any Clock<Duration> = ContinuousClock(),
    eventBuffer: Int = 64
  ) {
    self.threadID = threadID
    self.checkpointer = checkpointer
    self.checkpointAfter = checkpointAfter
    self.interruptBefore = interruptBefore
    self.interruptAfter = interruptAfter
    self.stepLimit = stepLimit
    self.clock = clock
    self.eventBuffer = eventBuffer
  }

  /// - Parameter nodes: those that have just run; none at the start.
  func savesCheckpoint(after nodes: [NodeID]) -> Bool {
    guard let checkpointAfter else { return true }
    return nodes.contains(where: checkpointAfter.contains)
  }

  func validate(nodes: [NodeID]) throws(GraphError) {
    let interrupts = interruptBefore.union(interruptAfter)
    if let unknown = interrupts.sorted(by: { $0.name < $1.name }).first(where: { !nodes.contains($0) }) {
      throw GraphError(
        .invalidOptions, path: [unknown],
        message: "The run is to be interrupted at '\(unknown)', which is not a node of the graph.")
    }
    let checkpoints = (checkpointAfter ?? []).sorted { $0.name < $1.name }
    if let unknown = checkpoints.first(where: { !nodes.contains($0) }) {
      throw GraphError(
        .invalidOptions, path: [unknown],
        message: "A checkpoint is asked for after '\(unknown)', which is not a node of the graph.")
    }
    if !interrupts.isEmpty, checkpointer == nil {
      throw GraphError(
        .invalidOptions, message: "A run that is to be interrupted needs a checkpointer.")
    }
    if checkpointer != nil, threadID.isEmpty {
      throw GraphError(.invalidOptions, message: "A run with a checkpointer needs a thread id.")
    }
    if stepLimit < 1 || eventBuffer < 1 {
      throw GraphError(.invalidOptions, message: "The step limit and the event buffer are at least 1.")
    }
  }
}
