/// The shape of a graph, without what its nodes do: what is checked and drawn.
struct GraphOutline: Sendable {
  struct Node: Sendable {
    let id: NodeID
    /// The graph inside, when the node is a subgraph.
    let subgraph: GraphOutline?
  }

  enum Edge: Sendable {
    case plain(from: NodeID, to: NodeID)
    case conditional(from: NodeID, to: [NodeID])
    case join(from: [NodeID], to: NodeID)

    var sources: [NodeID] {
      switch self {
      case .plain(let from, _), .conditional(let from, _): [from]
      case .join(let from, _): from
      }
    }

    var targets: [NodeID] {
      switch self {
      case .plain(_, let to), .join(_, let to): [to]
      case .conditional(_, let to): to
      }
    }
  }

  let name: String
  /// In the order of declaration, which is the order in which updates are applied.
  var nodes: [Node] = []
  var edges: [Edge] = []
}

extension GraphOutline {
  /// Checks everything that can be known before a run. Reports the first mistake in the order: nodes, edges, entry, routes.
  func validate() throws(GraphCompileError) {
    try validateNodes()
    for edge in edges { try validate(edge) }
    guard edges.contains(where: { $0.sources.contains(.start) }) else { throw .noEntry }
    try validateRoutes()
  }

  private func validateNodes() throws(GraphCompileError) {
    var seen: Set<NodeID> = []
    for node in nodes {
      if node.id == .start || node.id == .end || node.id.name.isEmpty { throw .reservedName(node.id) }
      if !seen.insert(node.id).inserted { throw .duplicateNode(node.id) }
    }
  }

  private func validate(_ edge: Edge) throws(GraphCompileError) {
    if case .conditional(let from, []) = edge { throw .noTargets(from: from) }
    if case .join([], let to) = edge { throw .noSources(to: to) }
    for from in edge.sources {
      for to in edge.targets {
        let joinsStart = if case .join = edge { from == .start } else { false }
        if from == .end || to == .start || joinsStart { throw .invalidEdge(from: from, to: to) }
        // Nothing would ever run between the two.
        if from == .start && to == .end, edge.targets.count == 1 { throw .invalidEdge(from: from, to: to) }
      }
    }
    for id in edge.sources + edge.targets where id != .start && id != .end {
      if !nodes.contains(where: { $0.id == id }) { throw .unknownNode(id) }
    }
  }

  private func validateRoutes() throws(GraphCompileError) {
    let reachable = closure(of: .start) { edge in (edge.sources, edge.targets) }
    let ending = closure(of: .end) { edge in (edge.targets, edge.sources) }
    for node in nodes where !reachable.contains(node.id) { throw .unreachableNode(node.id) }
    for node in nodes where !ending.contains(node.id) { throw .noPathToEnd(node.id) }
  }

  /// Everything that a walk along the edges finds from one point.
  private func closure(of origin: NodeID, along direction: (Edge) -> ([NodeID], [NodeID])) -> Set<NodeID> {
    var neighbours: [NodeID: [NodeID]] = [:]
    for edge in edges {
      let (from, to) = direction(edge)
      for id in from { neighbours[id, default: []] += to }
    }
    var found: Set<NodeID> = [origin]
    var waiting = [origin]
    while let next = waiting.popLast() {
      for neighbour in neighbours[next] ?? [] where found.insert(neighbour).inserted {
        waiting.append(neighbour)
      }
    }
    return found
  }
}
