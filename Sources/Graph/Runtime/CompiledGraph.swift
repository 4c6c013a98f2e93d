/// A checked graph, ready to run any number of times, also at once.
public struct CompiledGraph<State: GraphState, Payload: Sendable>: Sendable {
  public typealias Events = GraphEvents<State, Payload>

  let plan: GraphPlan<State, Payload>
  /// Made where the graph is compiled, whose module knows the types: all code of a run is then specialised for them.
  private let drive:
    @Sendable (RunOrigin<State>, RunOptions, EventOutput<State, Payload>) async throws -> Void

  init(plan: GraphPlan<State, Payload>) {
    self.plan = plan
    drive = { origin, options, output in
      try await RunDriver(plan: plan, options: options, output: output).drive(origin)
    }
  }

  public var name: String { plan.outline.name }
  /// The graph as a Mermaid flowchart. Solid edges are always taken, dashed ones by choice, thick ones once all sources
  /// have run.
  public var mermaid: String { plan.outline.mermaid }

  /// Runs the graph from its start, for as long as `consume` listens.
  ///
  /// The nodes run while `consume` does. When it returns or throws, or the task is cancelled, every node that still
  /// runs is cancelled and awaited before this call returns: nothing of a run outlives it.
  /// - Parameters:
  ///   - input: the state to begin with. On a thread with checkpoints the run is added to them, it does not continue
  ///     them: see ``resume(threadID:input:update:options:consume:)``.
  ///   - consume: receives the events. Iterating them throws ``GraphError`` when the run fails.
  /// - Returns: what `consume` returns.
  /// - Throws: what `consume` throws.
  nonisolated(nonsending) public func run<Result>(
    _ input: State, options: RunOptions = .init(),
    consume: nonisolated(nonsending) (Events) async throws -> Result
  ) async throws -> Result {
    try await stream(.input(input), options, consume)
  }

  /// Goes on from the latest checkpoint of a thread: after an interrupt, a failure or a crash.
  ///
  /// The nodes that were due run; those that had run do not. A thread whose run has ended only reports `finished` again.
  /// - Parameters:
  ///   - threadID: whose checkpoint; replaces that of the options.
  ///   - input: handed to the nodes of the first step as ``NodeContext/resumeInput``.
  ///   - update: applied to the state before anything runs, and saved as a checkpoint of its own.
  ///   - options: must have a checkpointer.
  ///   - consume: as in ``run(_:options:consume:)``; iterating also throws ``GraphError`` with the codes `checkpointNotFound`,
  ///     `checkpointMismatch`, `checkpointFailed`, and `threadFinished` for an input or update that nobody would see.
  nonisolated(nonsending) public func resume<Result>(
    threadID: String, input: (any Codable & Sendable)? = nil, update: State.Update? = nil,
    options: RunOptions, consume: nonisolated(nonsending) (Events) async throws -> Result
  ) async throws -> Result {
    var options = options
    options.threadID = threadID
    return try await stream(.checkpoint(input: input, update: update), options, consume)
  }

  /// Runs the graph from its start and hands every event to a function, where it happens and before the node goes on: for
  /// a consumer that never has to wait, and would pay more for a task of its own than for its work.
  ///
  /// - Parameters:
  ///   - input: as in ``run(_:options:consume:)``.
  ///   - handle: called in the task of the node that an event is about, so by nodes that run side by side at once. It
  ///     must not block.
  /// - Throws: ``GraphError`` when the run fails, `CancellationError` when the task was cancelled.
  public func run(
    _ input: State, options: RunOptions = .init(), handle: @escaping @Sendable (Events.Element) -> Void
  ) async throws {
    try await deliver(.input(input), options, handle)
  }

  /// Goes on from the latest checkpoint of a thread, as ``resume(threadID:input:update:options:consume:)`` does, and hands
  /// every event to a function, as ``run(_:options:handle:)`` does.
  public func resume(
    threadID: String, input: (any Codable & Sendable)? = nil, update: State.Update? = nil,
    options: RunOptions, handle: @escaping @Sendable (Events.Element) -> Void
  ) async throws {
    var options = options
    options.threadID = threadID
    try await deliver(.checkpoint(input: input, update: update), options, handle)
  }

  private func deliver(
    _ origin: RunOrigin<State>, _ options: RunOptions, _ handle: @escaping @Sendable (Events.Element) -> Void
  ) async throws {
    do {
      try await drive(origin, options, .handler(handle))
    } catch {
      throw Task.isCancelled ? CancellationError() : error
    }
  }

  nonisolated(nonsending) private func stream<Result>(
    _ origin: RunOrigin<State>, _ options: RunOptions,
    _ consume: nonisolated(nonsending) (Events) async throws -> Result
  ) async throws -> Result {
    let channel = EventChannel<Events.Element>(capacity: max(options.eventBuffer, 1))
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do {
          try await drive(origin, options, .channel(channel))
          channel.finish()
        } catch {
          channel.finish(throwing: Task.isCancelled ? CancellationError() : error)
        }
      }
      defer {
        group.cancelAll()
        channel.close()
      }
      return try await consume(GraphEvents(channel: channel))
    }
  }
}
