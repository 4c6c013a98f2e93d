/// What a run begins with.
enum RunOrigin<State: GraphState>: Sendable {
  case input(State)
  /// The latest checkpoint of the thread; see ``CompiledGraph/resume(threadID:input:update:options:consume:)``.
  case checkpoint(input: (any Codable & Sendable)?, update: State.Update?)
}

/// Drives a run of the outermost graph: checkpoints and interrupts between its steps.
struct RunDriver<State: GraphState, Payload: Sendable>: Sendable {
  typealias Event = GraphEvent<State, Payload>

  let plan: GraphPlan<State, Payload>
  let options: RunOptions
  let output: EventOutput<State, Payload>

  func drive(_ origin: RunOrigin<State>) async throws {
    switch origin {
    case .input(let state): try await run(state)
    case .checkpoint(let input, let update): try await resume(input: input, update: update)
    }
  }

  private func run(_ input: State) async throws {
    try options.validate(nodes: plan.nodes.map(\.id))
    var log = CheckpointLog(plan: plan, options: options)
    try await log?.open()
    let frontier = try Frontier(entering: plan, with: input)
    var run = start(state: input, frontier: frontier, step: 0, input: nil)
    if try await pause(run, after: [], &log) { return }
    try await finish(&run, &log)
  }

  private func resume(input: (any Codable & Sendable)?, update: State.Update?) async throws {
    try options.validate(nodes: plan.nodes.map(\.id))
    guard var log = CheckpointLog(plan: plan, options: options) else {
      throw GraphError(.invalidOptions, message: "Resuming needs a checkpointer.")
    }
    let saved = try await log.open()
    guard let saved else {
      throw GraphError(
        .checkpointNotFound, message: "There is no checkpoint of the thread '\(options.threadID)'.")
    }
    var (state, frontier) = try log.restore(saved)
    if frontier.pending.isEmpty, input != nil || update != nil, saved.interrupt == nil {
      throw GraphError(
        .threadFinished, message: "The thread '\(options.threadID)' has ended and takes no input.")
    }
    if let update {
      state.apply(update)
    }
    var run = start(state: state, frontier: frontier, step: saved.step, input: input)
    var written: CheckpointLog? = log
    if update != nil {
      // Keeps the mark of the interrupt: should the process end here, the next resume goes on just like this one.
      try await save(run, interrupt: saved.interrupt, node: .start, &written)
    }
    // Whoever resumes has seen what the run stopped for.
    if saved.interrupt == nil, try await pauseBefore(run, &written) { return }
    try await finish(&run, &written)
  }

  private func start(
    state: State, frontier: Frontier, step: Int, input: (any Codable & Sendable)?
  ) -> GraphRun<State, Payload> {
    let scope = RunScope(
      sink: EventSink(output), prefix: [], threadID: options.threadID,
      clock: options.clock, elapsed: RunScope<Payload>.stopwatch(options.clock),
      stepLimit: options.stepLimit, resumeInput: input, resumeStep: step + 1)
    return GraphRun(
      plan: plan, scope: scope, output: output, state: state, frontier: frontier, step: step)
  }

  private func finish(
    _ run: inout GraphRun<State, Payload>, _ log: inout CheckpointLog<State, Payload>?
  ) async throws {
    while !run.frontier.pending.isEmpty {
      let completed = run.frontier.pending
      try await run.runStep()
      if try await pause(run, after: completed, &log) { return }
    }
    try await output.send(Event(path: [.end], step: run.step, kind: .finished(run.state)))
  }

  /// Saves the run between two steps.
  /// - Returns: whether it stops here.
  private func pause(
    _ run: GraphRun<State, Payload>, after completed: [Int], _ log: inout CheckpointLog<State, Payload>?
  ) async throws -> Bool {
    guard log != nil else { return false }
    let interrupt = interrupt(run, after: completed)
    let nodes = completed.map(plan.id(at:))
    if interrupt != nil || options.savesCheckpoint(after: nodes) {
      try await save(run, interrupt: interrupt, node: nodes.last ?? .start, &log)
    }
    guard let interrupt else { return false }
    try await report(interrupt, run, log)
    return true
  }

  /// Stops a run that is resumed at a node it was not stopped for before, as after a crash.
  private func pauseBefore(
    _ run: GraphRun<State, Payload>, _ log: inout CheckpointLog<State, Payload>?
  ) async throws -> Bool {
    guard let interrupt = interrupt(run, after: []) else { return false }
    try await save(run, interrupt: interrupt, node: .start, &log)
    try await report(interrupt, run, log)
    return true
  }

  private func interrupt(
    _ run: GraphRun<State, Payload>, after completed: [Int]
  ) -> Checkpoint.Interrupt? {
    guard !options.interruptBefore.isEmpty || !options.interruptAfter.isEmpty else { return nil }
    let before = run.frontier.pending.map(plan.id(at:)).filter(options.interruptBefore.contains)
    let after = completed.map(plan.id(at:)).filter(options.interruptAfter.contains)
    return before.isEmpty && after.isEmpty ? nil : .init(before: before, after: after)
  }

  private func save(
    _ run: GraphRun<State, Payload>, interrupt: Checkpoint.Interrupt?, node: NodeID,
    _ log: inout CheckpointLog<State, Payload>?
  ) async throws {
    guard let id = try await log?.save(run, interrupt: interrupt) else { return }
    try await output.send(Event(path: [node], step: run.step, kind: .checkpointSaved(id: id)))
  }

  private func report(
    _ interrupt: Checkpoint.Interrupt, _ run: GraphRun<State, Payload>,
    _ log: CheckpointLog<State, Payload>?
  ) async throws {
    let node = interrupt.before.first ?? interrupt.after.first ?? .start
    let stop = GraphInterrupt(
      before: interrupt.before, after: interrupt.after, state: run.state, checkpointID: log?.lastID ?? 0)
    try await output.send(Event(path: [node], step: run.step, kind: .interrupted(stop)))
  }
}
