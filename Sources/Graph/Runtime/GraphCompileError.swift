/// A mistake in the declaration of a graph.
public enum GraphCompileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Two nodes share a name.
  case duplicateNode(NodeID)
  /// A node has the name of ``NodeID/start`` or ``NodeID/end``, or an empty one.
  case reservedName(NodeID)
  /// An edge names a node that was not added.
  case unknownNode(NodeID)
  /// No edge leaves ``NodeID/start``.
  case noEntry
  /// No route from ``NodeID/start`` leads to the node.
  case unreachableNode(NodeID)
  /// No route leads from the node to ``NodeID/end``.
  case noPathToEnd(NodeID)
  /// An edge leaves ``NodeID/end``, or leads to ``NodeID/start``, or joins it.
  case invalidEdge(from: NodeID, to: NodeID)
  /// A conditional edge without targets.
  case noTargets(from: NodeID)
  /// A join without sources.
  case noSources(to: NodeID)

  /// The node that is to blame; `nil` only for ``noEntry``.
  public var node: NodeID? {
    switch self {
    case .duplicateNode(let node), .reservedName(let node), .unknownNode(let node),
      .unreachableNode(let node), .noPathToEnd(let node), .noTargets(let node), .noSources(let node):
      node
    case .invalidEdge(let from, let to): from == .end || from == .start ? from : to
    case .noEntry: nil
    }
  }

  public var description: String {
    switch self {
    case .duplicateNode(let node): "Two nodes are called '\(node)'."
    case .reservedName(let node): "A node cannot be called '\(node)'."
    case .unknownNode(let node): "An edge names the node '\(node)', which was not added."
    case .noEntry: "No edge leaves the start."
    case .unreachableNode(let node): "No route from the start leads to the node '\(node)'."
    case .noPathToEnd(let node): "No route leads from the node '\(node)' to the end."
    case .invalidEdge(let from, let to): "There cannot be an edge from '\(from)' to '\(to)'."
    case .noTargets(let node): "A conditional edge from '\(node)' has no targets."
    case .noSources(let node): "A join to '\(node)' has no sources."
    }
  }
}
