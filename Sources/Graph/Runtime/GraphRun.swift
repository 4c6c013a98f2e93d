/// One run of one graph: supersteps until nobody is due.
struct GraphRun<State: GraphState, Payload: Sendable> {
  typealias Event = GraphEvent<State, Payload>

  let plan: GraphPlan<State, Payload>
  let scope: RunScope<Payload>
  /// The outermost graph's stream, for the events that name its state; `nil` in a subgraph.
  let output: EventOutput<State, Payload>?
  private(set) var state: State
  private(set) var frontier: Frontier
  /// Steps taken, those before a resume included.
  private(set) var step: Int
  private var stepsLeft: Int

  init(
    plan: GraphPlan<State, Payload>, scope: RunScope<Payload>, output: EventOutput<State, Payload>?,
    state: State, frontier: Frontier, step: Int
  ) {
    self.plan = plan
    self.scope = scope
    self.output = output
    self.state = state
    self.frontier = frontier
    self.step = step
    stepsLeft = scope.stepLimit
  }

  /// A run of a subgraph, from its start.
  init(plan: GraphPlan<State, Payload>, scope: RunScope<Payload>, input: State) throws {
    let frontier: Frontier
    do {
      frontier = try Frontier(entering: plan, with: input)
    } catch {
      throw error.within(scope.prefix)
    }
    self.init(plan: plan, scope: scope, output: nil, state: input, frontier: frontier, step: 0)
  }

  mutating func runToEnd() async throws -> State {
    while !frontier.pending.isEmpty { try await runStep() }
    return state
  }

  mutating func runStep() async throws {
    guard stepsLeft > 0 else {
      let path = path(of: frontier.pending[0])
      throw GraphError(
        .stepLimitReached, path: path,
        message: "The run reached its limit of \(scope.stepLimit) steps before node \(path.quoted).")
    }
    stepsLeft -= 1
    step += 1
    if frontier.pending.count == 1 {
      state.apply(try await runNode(at: frontier.pending[0]))
    } else {
      for update in try await runSideBySide(frontier.pending) { state.apply(update) }
    }
    do {
      try frontier.advance(in: plan, with: state)
    } catch {
      throw error.within(scope.prefix)
    }
  }

  func path(of position: Int) -> [NodeID] {
    scope.prefix.isEmpty ? plan.paths[position] : scope.prefix + plan.paths[position]
  }

  /// - Returns: the updates in the order of the positions, whoever was first. The first error cancels the others.
  private func runSideBySide(_ positions: [Int]) async throws -> [State.Update] {
    try await withThrowingTaskGroup(of: (Int, State.Update).self) { group in
      for (place, position) in positions.enumerated() {
        group.addTask { (place, try await runNode(at: position)) }
      }
      var updates = [State.Update?](repeating: nil, count: positions.count)
      while let (place, update) = try await group.next() { updates[place] = update }
      return updates.compactMap { $0 }
    }
  }
}

extension GraphError {
  /// The same error, seen from outside the subgraph in which it happened.
  func within(_ prefix: [NodeID]) -> GraphError {
    prefix.isEmpty
      ? self : GraphError(code, path: prefix + path, message: message, underlying: underlying)
  }
}
