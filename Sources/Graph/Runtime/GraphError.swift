/// A run that failed.
public struct GraphError: Error, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    /// A node threw; `underlying` is what it threw.
    case nodeFailed
    /// A node took longer than its policy allows.
    case nodeTimedOut
    /// The run took more steps than its options allow: most likely a cycle that never ends.
    case stepLimitReached
    /// A conditional edge chose nothing, or a node that is not among its targets.
    case invalidRoute
    /// Nothing is left to run, no branch reached the end, and a join still waits.
    case joinIncomplete
    /// There is nothing to resume: the thread has no checkpoint.
    case checkpointNotFound
    /// The checkpoint was written by another graph, or by another version of this one.
    case checkpointMismatch
    /// The checkpointer failed; `underlying` is what it threw.
    case checkpointFailed
    /// Input was given to a thread whose last run has already ended.
    case threadFinished
    /// The options contradict each other or the graph.
    case invalidOptions
  }

  public let code: Code
  /// The node that the error is about: the nodes of the enclosing subgraphs, outermost first, then the node itself.
  /// Empty when it is about the run as a whole.
  public let path: [NodeID]
  /// A sentence for the log.
  public let message: String
  /// The original error, unchanged.
  public let underlying: (any Error)?

  /// The innermost node that the error is about.
  public var node: NodeID? { path.last }

  init(_ code: Code, path: [NodeID] = [], message: String, underlying: (any Error)? = nil) {
    self.code = code
    self.path = path
    self.message = message
    self.underlying = underlying
  }

  public var description: String { "\(code.rawValue): \(message)" }
}

extension GraphError {
  static func nodeFailed(_ path: [NodeID], _ error: any Error) -> GraphError {
    GraphError(
      .nodeFailed, path: path, message: "Node \(path.quoted) failed: \(error)", underlying: error)
  }

  static func nodeTimedOut(_ path: [NodeID], after timeout: Duration) -> GraphError {
    GraphError(.nodeTimedOut, path: path, message: "Node \(path.quoted) took longer than \(timeout).")
  }

  static func checkpointMismatch(
    _ message: String, node: NodeID? = nil, underlying: (any Error)? = nil
  ) -> GraphError {
    GraphError(
      .checkpointMismatch, path: node.map { [$0] } ?? [], message: message, underlying: underlying)
  }
}

extension [NodeID] {
  /// `'outer/inner'`
  var quoted: String { "'" + map(\.name).joined(separator: "/") + "'" }
}
