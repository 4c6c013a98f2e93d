/// How far a run has come: who runs next, and which joins wait for whom. A pure value; running nodes is not its business.
struct Frontier: Sendable, Hashable {
  /// Positions of the nodes of the next step, ascending.
  var pending: [Int] = []
  /// For each join the sources that have run since it last fired.
  var arrivals: [Set<Int>]
  var hasReachedEnd = false

  /// The frontier of a run that is about to begin.
  init<State, Payload>(
    entering plan: GraphPlan<State, Payload>, with state: State
  ) throws(GraphError) {
    arrivals = Array(repeating: [], count: plan.joins.count)
    try follow(plan.entry, from: .start, in: plan, with: state)
    try checkProgress(in: plan)
  }

  init(pending: [Int], arrivals: [Set<Int>], hasReachedEnd: Bool) {
    self.pending = pending
    self.arrivals = arrivals
    self.hasReachedEnd = hasReachedEnd
  }

  /// Moves on from the nodes that have just run.
  /// - Parameter state: the state with their updates.
  mutating func advance<State, Payload>(
    in plan: GraphPlan<State, Payload>, with state: State
  ) throws(GraphError) {
    let completed = pending
    pending.removeAll(keepingCapacity: true)
    for position in completed {
      for join in plan.routes[position].joins {
        arrivals[join].insert(position)
        guard arrivals[join].count == plan.joins[join].sources.count else { continue }
        arrivals[join] = []
        add(plan.joins[join].target, in: plan)
      }
      try follow(plan.routes[position], from: plan.nodes[position].id, in: plan, with: state)
    }
    try checkProgress(in: plan)
  }

  private mutating func follow<State, Payload>(
    _ routes: GraphPlan<State, Payload>.Routes, from source: NodeID,
    in plan: GraphPlan<State, Payload>, with state: State
  ) throws(GraphError) {
    for target in routes.targets { add(target, in: plan) }
    for choice in routes.choices {
      let chosen = choice.choose(state)
      if chosen.isEmpty {
        throw GraphError(
          .invalidRoute, path: [source], message: "The conditional edge from '\(source)' chose no node.")
      }
      for id in chosen {
        guard let target = choice.targets[id] else {
          throw GraphError(
            .invalidRoute, path: [source],
            message: "The conditional edge from '\(source)' chose '\(id)', which is not among its targets.")
        }
        add(target, in: plan)
      }
    }
  }

  private mutating func add<State, Payload>(_ target: Int, in plan: GraphPlan<State, Payload>) {
    if target == plan.end {
      hasReachedEnd = true
    } else if let place = pending.firstIndex(where: { $0 >= target }) {
      if pending[place] != target { pending.insert(target, at: place) }
    } else {
      pending.append(target)
    }
  }

  /// A run that stops without having come to its end is stuck at a join.
  private func checkProgress<State, Payload>(in plan: GraphPlan<State, Payload>) throws(GraphError) {
    guard pending.isEmpty, !hasReachedEnd else { return }
    guard let join = arrivals.firstIndex(where: { !$0.isEmpty }) else { return }
    let target = plan.id(at: plan.joins[join].target)
    let missing = plan.joins[join].sources.filter { !arrivals[join].contains($0) }.map(plan.id(at:))
    throw GraphError(
      .joinIncomplete, path: [target],
      message:
        "'\(target)' waits for \(missing.map { "'\($0)'" }.joined(separator: ", ")), which will not run.")
  }
}
