/// A checked graph with its names replaced by positions.
final class GraphPlan<State: GraphState, Payload: Sendable>: Sendable {
  struct Choice: Sendable {
    let targets: [NodeID: Int]
    let choose: @Sendable (State) -> [NodeID]
  }

  /// Where the run goes after a node.
  struct Routes: Sendable {
    var targets: [Int] = []
    var choices: [Choice] = []
    /// Positions in ``GraphPlan/joins``.
    var joins: [Int] = []
  }

  struct Join: Sendable {
    /// Without duplicates.
    let sources: [Int]
    let target: Int
  }

  let outline: GraphOutline
  let nodes: [GraphNode<State, Payload>]
  /// Each node's path in the outermost graph, made once.
  let paths: [[NodeID]]
  let entry: Routes
  let routes: [Routes]
  let joins: [Join]

  /// The position that stands for ``NodeID/end``.
  var end: Int { nodes.count }

  /// - Precondition: the outline is valid.
  init(
    outline: GraphOutline, nodes: [GraphNode<State, Payload>],
    choices: [Int: @Sendable (State) -> [NodeID]]
  ) {
    var positions: [NodeID: Int] = [.end: nodes.count]
    for (position, node) in nodes.enumerated() { positions[node.id] = position }
    // The start's routes stand behind those of the nodes.
    let start = nodes.count
    var routes = [Routes](repeating: Routes(), count: nodes.count + 1)
    var joins: [Join] = []
    for (index, edge) in outline.edges.enumerated() {
      let sources = edge.sources.map { $0 == .start ? start : positions[$0, default: start] }
      let targets = edge.targets.map { positions[$0, default: nodes.count] }
      switch edge {
      case .plain: routes[sources[0]].targets.append(targets[0])
      case .conditional(_, let ids):
        let named = Dictionary(zip(ids, targets)) { first, _ in first }
        routes[sources[0]].choices.append(Choice(targets: named, choose: choices[index] ?? { _ in [] }))
      case .join:
        var distinct: [Int] = []
        for source in sources where !distinct.contains(source) { distinct.append(source) }
        for source in distinct { routes[source].joins.append(joins.count) }
        joins.append(Join(sources: distinct, target: targets[0]))
      }
    }
    self.outline = outline
    self.nodes = nodes
    self.paths = nodes.map { [$0.id] }
    self.entry = routes.removeLast()
    self.routes = routes
    self.joins = joins
  }

  func id(at position: Int) -> NodeID { position == end ? .end : nodes[position].id }

  func position(of id: NodeID) -> Int? { nodes.firstIndex { $0.id == id } }
}
