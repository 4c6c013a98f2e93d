import Foundation

/// One thread of a checkpointer, as a run writes it.
struct CheckpointLog<State: GraphState, Payload: Sendable>: Sendable {
  private let plan: GraphPlan<State, Payload>
  private let checkpointer: any Checkpointer
  private let threadID: String
  /// The id of the thread's latest checkpoint, 0 when there is none.
  private(set) var lastID = 0

  /// `nil` when the options name no checkpointer.
  init?(plan: GraphPlan<State, Payload>, options: RunOptions) {
    guard let checkpointer = options.checkpointer else { return nil }
    self.plan = plan
    self.checkpointer = checkpointer
    threadID = options.threadID
  }

  /// Finds the end of the thread.
  @discardableResult
  mutating func open() async throws -> Checkpoint? {
    let latest = try await wrap { try await checkpointer.latest(threadID: threadID) }
    lastID = latest?.id ?? 0
    return latest
  }

  /// - Returns: the new checkpoint's id.
  mutating func save(
    _ run: GraphRun<State, Payload>, interrupt: Checkpoint.Interrupt?
  ) async throws -> Int {
    let id = lastID + 1
    try await wrap {
      // Sorted keys: the same state gives the same bytes.
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      try await checkpointer.save(
        Checkpoint(
          threadID: threadID, id: id, graph: plan.outline.name, step: run.step,
          state: try encoder.encode(run.state), pending: run.frontier.pending.map(plan.id(at:)),
          joins: joinProgress(run.frontier), hasReachedEnd: run.frontier.hasReachedEnd,
          interrupt: interrupt))
    }
    lastID = id
    return id
  }

  private func wrap<Result>(_ operation: () async throws -> Result) async throws -> Result {
    do {
      return try await operation()
    } catch {
      throw GraphError(
        .checkpointFailed, message: "The checkpointer failed: \(error)", underlying: error)
    }
  }

  private func joinProgress(_ frontier: Frontier) -> [Checkpoint.JoinProgress] {
    zip(plan.joins, frontier.arrivals).compactMap { join, arrived in
      arrived.isEmpty
        ? nil
        : Checkpoint.JoinProgress(
          sources: join.sources.map(plan.id(at:)), target: plan.id(at: join.target),
          arrived: join.sources.filter(arrived.contains).map(plan.id(at:)))
    }
  }

  /// Reads a checkpoint back against the graph as it is now.
  func restore(_ checkpoint: Checkpoint) throws(GraphError) -> (State, Frontier) {
    guard checkpoint.graph == plan.outline.name else {
      throw .checkpointMismatch(
        "The checkpoint belongs to the graph '\(checkpoint.graph)', not to '\(plan.outline.name)'.")
    }
    let state: State
    do {
      state = try JSONDecoder().decode(State.self, from: checkpoint.state)
    } catch {
      throw .checkpointMismatch("The checkpoint's state cannot be read: \(error)", underlying: error)
    }
    var pending: [Int] = []
    for id in checkpoint.pending { pending.append(try position(of: id)) }
    var frontier = Frontier(
      pending: pending.sorted(), arrivals: Array(repeating: [], count: plan.joins.count),
      hasReachedEnd: checkpoint.hasReachedEnd)
    for saved in checkpoint.joins {
      let join = plan.joins.firstIndex { join in
        join.sources.map(plan.id(at:)) == saved.sources && plan.id(at: join.target) == saved.target
      }
      guard let join else {
        throw .checkpointMismatch(
          "The checkpoint waits for a join to '\(saved.target)' that the graph does not have.",
          node: saved.target)
      }
      for id in saved.arrived { frontier.arrivals[join].insert(try position(of: id)) }
    }
    return (state, frontier)
  }

  private func position(of id: NodeID) throws(GraphError) -> Int {
    guard let position = plan.position(of: id) else {
      throw .checkpointMismatch(
        "The checkpoint names the node '\(id)', which the graph does not have.", node: id)
    }
    return position
  }
}
