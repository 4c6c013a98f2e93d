import Graph

/// A state that remembers which updates were applied, and in which order.
struct Trace: GraphState, Equatable {
  var entries: [String] = []

  init(_ entries: [String] = []) { self.entries = entries }

  mutating func apply(_ update: String) { entries.append(update) }
}

typealias TraceGraph = StateGraph<Trace, String>
typealias CompiledTrace = CompiledGraph<Trace, String>
typealias TraceEvent = GraphEvent<Trace, String>

extension StateGraph where State == Trace, Payload == String {
  /// Nodes whose update is their own name.
  mutating func addNodes(_ ids: NodeID...) {
    for id in ids { addNode(id) { _, context in context.node.name } }
  }

  /// Plain edges from each to the next.
  mutating func addPath(_ ids: NodeID...) {
    for (from, to) in zip(ids, ids.dropFirst()) { addEdge(from: from, to: to) }
  }
}

extension CompiledGraph where State == Trace, Payload == String {
  /// All events of a run to its end.
  func events(from input: Trace = Trace(), options: RunOptions = .init()) async throws -> [TraceEvent] {
    try await run(input, options: options) { events in
      try await events.reduce(into: []) { $0.append($1) }
    }
  }

  /// All events of a resumed run to its end.
  func resumedEvents(
    threadID: String = "thread", input: (any Codable & Sendable)? = nil, update: String? = nil,
    options: RunOptions
  ) async throws -> [TraceEvent] {
    try await resume(threadID: threadID, input: input, update: update, options: options) { events in
      try await events.reduce(into: []) { $0.append($1) }
    }
  }

  func finalState(from input: Trace = Trace(), options: RunOptions = .init()) async throws -> Trace? {
    try await events(from: input, options: options).finalState
  }
}

extension [TraceEvent] {
  var finalState: Trace? {
    if case .finished(let state)? = last?.kind { state } else { nil }
  }

  /// The nodes that were started, by their paths.
  var started: [String] {
    compactMap { if case .nodeStarted = $0.kind { $0.pathText } else { nil } }
  }

  var interrupt: GraphInterrupt<Trace>? {
    if case .interrupted(let interrupt)? = last?.kind { interrupt } else { nil }
  }

  var summaries: [String] { map(\.summary) }
}

extension TraceEvent {
  var pathText: String { path.map(\.name).joined(separator: "/") }

  /// One line per event, without durations.
  var summary: String {
    switch kind {
    case .nodeStarted(let attempt): "\(step) \(pathText) started \(attempt)"
    case .nodeFinished(let update, _): "\(step) \(pathText) finished \(update)"
    case .subgraphNodeFinished(let update, _): "\(step) \(pathText) finished inside \(update)"
    case .nodeRetrying(let attempt, let delay, let error):
      "\(step) \(pathText) retrying after \(attempt) in \(delay): \(error)"
    case .payload(let payload): "\(step) \(pathText) payload \(payload)"
    case .checkpointSaved(let id): "\(step) \(pathText) saved \(id)"
    case .interrupted(let stop): "\(step) \(pathText) interrupted before \(stop.before) after \(stop.after)"
    case .finished(let state): "\(step) \(pathText) end \(state.entries)"
    }
  }
}

/// What a test's node throws.
struct Failure: Error, Equatable {
  var text = "broken"
}

/// Runs an operation that must fail with a ``GraphError`` and hands it over.
func graphError(_ operation: () async throws -> some Any) async throws -> GraphError? {
  do {
    _ = try await operation()
    return nil
  } catch let error as GraphError {
    return error
  }
}
