/// The declaration of a graph: nodes that work on a state, and the edges between them.
///
/// A run goes in supersteps, as in Pregel (Malewicz et al., 2010): all nodes that are due run side by side on the same
/// state; once all have returned, their updates are applied in the order in which the nodes were declared here, and the
/// edges of these nodes say who is due next. A node that several edges lead to runs once per step. The run is over when
/// nobody is due.
public struct StateGraph<State: GraphState, Payload: Sendable>: Sendable {
  private(set) var outline: GraphOutline
  private(set) var nodes: [GraphNode<State, Payload>] = []
  /// What conditional edges choose, by the edge's position in the outline.
  private(set) var choices: [Int: @Sendable (State) -> [NodeID]] = [:]

  public init(name: String) {
    outline = GraphOutline(name: name)
  }

  /// Adds a node.
  /// - Parameter run: works on a copy of the state and returns the update. May run side by side with other nodes, and again
  ///   after a failure or a resume. Returns or throws soon after its task is cancelled.
  public mutating func addNode(
    _ id: NodeID, policy: NodePolicy = .init(),
    run: @escaping @Sendable (State, NodeContext<Payload>) async throws -> State.Update
  ) {
    outline.nodes.append(.init(id: id, subgraph: nil))
    nodes.append(GraphNode(id: id, policy: policy, isSubgraph: false, run: run))
  }

  /// Adds a node that runs another graph to its end.
  ///
  /// The inner graph's events reach the outer stream with the node's name in front of their path. Checkpoints and interrupts
  /// are the outer graph's: for them a subgraph is one node, which begins anew after a resume.
  public mutating func addSubgraph<Sub: GraphState>(
    _ id: NodeID, _ graph: CompiledGraph<Sub, Payload>, policy: NodePolicy = .init(),
    input: @escaping @Sendable (State) -> Sub, output: @escaping @Sendable (Sub) -> State.Update
  ) {
    outline.nodes.append(.init(id: id, subgraph: graph.plan.outline))
    let plan = graph.plan
    nodes.append(
      GraphNode(id: id, policy: policy, isSubgraph: true) { state, context in
        var run = try GraphRun(plan: plan, scope: .nested(in: context), input: input(state))
        return output(try await run.runToEnd())
      })
  }

  /// Lets `to` run in the step after `from`, always. From ``NodeID/start``: `to` runs first.
  public mutating func addEdge(from: NodeID, to: NodeID) {
    outline.edges.append(.plain(from: from, to: to))
  }

  /// Lets `to` run in the step after the last of `from` has run, however many steps lie between them.
  public mutating func addJoin(from: [NodeID], to: NodeID) {
    outline.edges.append(.join(from: from, to: to))
  }

  /// Lets the chosen nodes run in the step after `from`.
  /// - Parameters:
  ///   - targets: all nodes that can be chosen; may contain ``NodeID/end``.
  ///   - choose: sees the state with the step's updates, and names at least one of the targets.
  public mutating func addConditionalEdge(
    from: NodeID, to targets: [NodeID], choose: @escaping @Sendable (State) -> [NodeID]
  ) {
    choices[outline.edges.count] = choose
    outline.edges.append(.conditional(from: from, to: targets))
  }

  /// As the other `addConditionalEdge`, for a choice of exactly one.
  public mutating func addConditionalEdge(
    from: NodeID, to targets: [NodeID], choose: @escaping @Sendable (State) -> NodeID
  ) {
    addConditionalEdge(from: from, to: targets) { state -> [NodeID] in [choose(state)] }
  }

  /// Checks the graph and makes it ready to run.
  /// - Throws: ``GraphCompileError`` with the first mistake found.
  public func compile() throws(GraphCompileError) -> CompiledGraph<State, Payload> {
    try outline.validate()
    return CompiledGraph(plan: GraphPlan(outline: outline, nodes: nodes, choices: choices))
  }
}

/// A node as it runs.
struct GraphNode<State: GraphState, Payload: Sendable>: Sendable {
  let id: NodeID
  let policy: NodePolicy
  /// A subgraph's errors name the inner node already.
  let isSubgraph: Bool
  let run: @Sendable (State, NodeContext<Payload>) async throws -> State.Update
}
