import Graph
import TestSupport
import Testing

@Suite("A graph runs", .timeLimit(.minutes(1)))
struct StateGraphTests {
  @Test("nodes one after the other, and each event names its node")
  func sequence() async throws {
    var graph = TraceGraph(name: "line")
    graph.addNode("a") { _, context in
      try await context.emit("one")
      try await context.emit("two")
      return "A"
    }
    graph.addNode("b") { state, _ in "B after \(state.entries)" }
    graph.addPath(.start, "a", "b", .end)

    let events = try await graph.compile().events(from: Trace(["in"]))

    #expect(
      events.summaries == [
        "1 a started 1", "1 a payload one", "1 a payload two", "1 a finished A",
        "2 b started 1", #"2 b finished B after ["in", "A"]"#,
        #"2 __end__ end ["in", "A", "B after [\"in\", \"A\"]"]"#,
      ])
  }

  @Test("the context names the node, its path, the thread and the step")
  func context() async throws {
    var graph = TraceGraph(name: "context")
    graph.addNodes("a")
    graph.addNode("b") { _, context in
      "\(context.node) \(context.path) \(context.threadID) \(context.step) \(context.attempt)"
    }
    graph.addPath(.start, "a", "b", .end)

    let state = try await graph.compile().finalState(options: RunOptions(threadID: "t7"))

    #expect(state?.entries == ["a", "b [b] t7 2 1"])
  }

  @Test(
    "parallel nodes on one state, and applies their updates in the order of declaration", arguments: 0..<20)
  func parallelUpdatesAreDeterministic(seed: UInt64) async throws {
    let clock = ManualClock()
    let names = (0..<8).map { "n\($0)" }
    var random = SeededGenerator(seed: seed)
    let order = names.shuffled(using: &random)
    var graph = TraceGraph(name: "fan")
    for name in names {
      let delay = Duration.seconds((order.firstIndex(of: name) ?? 0) + 1)
      graph.addNode(NodeID(name)) { state, _ in
        try await clock.sleep(for: delay)
        return "\(name) saw \(state.entries.count)"
      }
      graph.addPath(.start, NodeID(name), .end)
    }

    let (finished, state) = try await graph.compile().run(Trace(["in"])) { events in
      try await clock.waitForSleepers(count: names.count)
      var finished: [String] = []
      var iterator = events.makeAsyncIterator()
      // One node at a time becomes due, in an order of its own.
      for _ in names {
        clock.advance(by: .seconds(1))
        while let event = try await iterator.next() {
          guard case .nodeFinished = event.kind else { continue }
          finished.append(event.node.name)
          break
        }
      }
      guard case .finished(let state)? = try await iterator.next()?.kind else {
        return (finished, Trace())
      }
      return (finished, state)
    }

    #expect(finished == order)
    #expect(state.entries == ["in"] + names.map { "\($0) saw 1" })
  }

  @Test("a node once per step, however many edges lead to it")
  func diamond() async throws {
    var graph = TraceGraph(name: "diamond")
    graph.addNodes("a", "b", "c", "d")
    graph.addPath(.start, "a", "b", "d", .end)
    graph.addPath("a", "c", "d")

    #expect(try await graph.compile().finalState()?.entries == ["a", "b", "c", "d"])
  }

  @Test("a join once all its sources have run, even when they run in different steps")
  func joinWaitsForAll() async throws {
    var graph = TraceGraph(name: "join")
    graph.addNodes("short", "long1", "long2", "after")
    graph.addEdge(from: .start, to: "short")
    graph.addPath(.start, "long1", "long2")
    graph.addJoin(from: ["short", "long2"], to: "after")
    graph.addEdge(from: "after", to: .end)

    let events = try await graph.compile().events()

    #expect(events.started.sorted() == ["after", "long1", "long2", "short"])
    #expect(events.finalState?.entries == ["short", "long1", "long2", "after"])
  }

  @Test("a join again in each turn of a cycle")
  func joinInCycle() async throws {
    var graph = TraceGraph(name: "cycle")
    graph.addNodes("a", "b", "both")
    graph.addEdge(from: .start, to: "a")
    graph.addEdge(from: .start, to: "b")
    graph.addJoin(from: ["a", "b", "a"], to: "both")
    graph.addConditionalEdge(from: "both", to: ["a", "b", .end]) { state in
      state.entries.count < 6 ? ["a", "b"] : [.end]
    }

    #expect(try await graph.compile().finalState()?.entries == ["a", "b", "both", "a", "b", "both"])
  }

  @Test("a join that waits for all its sources in the second turn as well")
  func joinStartsOver() async throws {
    var graph = TraceGraph(name: "cycle")
    graph.addNodes("short", "long1", "long2", "both")
    graph.addEdge(from: .start, to: "short")
    graph.addPath(.start, "long1", "long2")
    graph.addJoin(from: ["short", "long2"], to: "both")
    graph.addConditionalEdge(from: "both", to: ["short", "long1", .end]) { state in
      state.entries.count < 8 ? ["short", "long1"] : [.end]
    }

    let turn = ["short", "long1", "long2", "both"]
    #expect(try await graph.compile().finalState()?.entries == turn + turn)
  }

  @Test("a join to the end")
  func joinToEnd() async throws {
    var graph = TraceGraph(name: "join")
    graph.addNodes("a", "b")
    graph.addEdge(from: .start, to: "a")
    graph.addEdge(from: .start, to: "b")
    graph.addJoin(from: ["a", "b"], to: .end)

    #expect(try await graph.compile().finalState()?.entries == ["a", "b"])
  }

  @Test("into an error when a join can never be complete")
  func incompleteJoin() async throws {
    var graph = TraceGraph(name: "join")
    graph.addNodes("pick", "a", "b", "both")
    graph.addEdge(from: .start, to: "pick")
    graph.addConditionalEdge(from: "pick", to: ["a", "b"]) { _ in NodeID("a") }
    graph.addJoin(from: ["a", "b"], to: "both")
    graph.addEdge(from: "both", to: .end)
    let compiled = try graph.compile()

    let error = try await graphError { try await compiled.events() }

    #expect(error?.code == .joinIncomplete)
    #expect(error?.node == "both")
    #expect(error?.message == "'both' waits for 'b', which will not run.")
  }

  @Test("the way that a conditional edge chooses", arguments: ["left", "right"])
  func conditional(choice: String) async throws {
    var graph = TraceGraph(name: "choice")
    graph.addNode("pick") { _, _ in choice }
    graph.addNodes("l", "r")
    graph.addEdge(from: .start, to: "pick")
    graph.addConditionalEdge(from: "pick", to: ["l", "r"]) { state in
      state.entries.last == "left" ? "l" : "r"
    }
    graph.addPath("l", .end)
    graph.addPath("r", .end)

    #expect(try await graph.compile().finalState()?.entries == [choice, choice == "left" ? "l" : "r"])
  }

  @Test("several nodes that one conditional edge chooses, from the start, in the order of declaration")
  func conditionalEntry() async throws {
    var graph = TraceGraph(name: "choice")
    graph.addNodes("a", "b", "c")
    graph.addConditionalEdge(from: .start, to: ["a", "b", "c"]) { _ in ["c", "a"] }
    for id: NodeID in ["a", "b", "c"] { graph.addEdge(from: id, to: .end) }

    #expect(try await graph.compile().finalState()?.entries == ["a", "c"])
  }

  @Test("to the end at once, when the choice at the start says so")
  func conditionalEnd() async throws {
    var graph = TraceGraph(name: "choice")
    graph.addNodes("a")
    graph.addConditionalEdge(from: .start, to: ["a", .end]) { _ in NodeID.end }
    graph.addEdge(from: "a", to: .end)

    #expect(try await graph.compile().events().summaries == ["0 __end__ end []"])
  }

  @Test("into an error that names the node whose choice is not allowed", arguments: [[], ["elsewhere"]])
  func invalidRoute(choice: [NodeID]) async throws {
    var graph = TraceGraph(name: "choice")
    graph.addNodes("a", "b")
    graph.addEdge(from: .start, to: "a")
    graph.addConditionalEdge(from: "a", to: ["b", .end]) { _ in choice }
    graph.addEdge(from: "b", to: .end)
    let compiled = try graph.compile()

    let error = try await graphError { try await compiled.events() }

    #expect(error?.code == .invalidRoute)
    #expect(error?.node == "a")
  }

  @Test("a cycle until its condition ends it")
  func cycle() async throws {
    let compiled = try counter(until: 5)

    #expect(try await compiled.finalState()?.entries.count == 5)
  }

  @Test("a cycle no longer than the step limit, and names the node that was next")
  func stepLimit() async throws {
    let compiled = try counter(until: .max)

    let error = try await graphError { try await compiled.events(options: RunOptions(stepLimit: 10)) }

    #expect(error?.code == .stepLimitReached)
    #expect(error?.node == "count")
    #expect(try await counter(until: 10).finalState(options: RunOptions(stepLimit: 10)) != nil)
  }

  private func counter(until limit: Int) throws -> CompiledTrace {
    var graph = TraceGraph(name: "counter")
    graph.addNodes("count")
    graph.addEdge(from: .start, to: "count")
    graph.addConditionalEdge(from: "count", to: ["count", .end]) { state in
      state.entries.count < limit ? "count" : .end
    }
    return try graph.compile()
  }

  @Test("into an error that names the node and keeps what it threw")
  func nodeFails() async throws {
    var graph = TraceGraph(name: "failing")
    graph.addNodes("a")
    graph.addNode("b") { _, _ in throw Failure(text: "no luck") }
    graph.addPath(.start, "a", "b", .end)
    let compiled = try graph.compile()

    let error = try await graphError { try await compiled.events() }

    #expect(error?.code == .nodeFailed)
    #expect(error?.node == "b")
    #expect(error?.path == ["b"])
    #expect(error?.underlying as? Failure == Failure(text: "no luck"))
  }

  @Test("and cancels the siblings of a node that fails")
  func siblingsAreCancelled() async throws {
    let clock = ManualClock()
    var graph = TraceGraph(name: "failing")
    graph.addNode("sleeper") { _, _ in
      try await clock.sleep(for: .seconds(3600))
      return "never"
    }
    graph.addNode("failing") { _, _ in
      try await clock.waitForSleepers(count: 1)
      throw Failure()
    }
    for id: NodeID in ["sleeper", "failing"] { graph.addPath(.start, id, .end) }
    let compiled = try graph.compile()

    let error = try await graphError { try await compiled.events() }

    #expect(error?.node == "failing")
    #expect(clock.sleeperCount == 0)
  }

  @Test("with durations of the injected clock")
  func durations() async throws {
    let clock = ManualClock()
    var graph = TraceGraph(name: "timed")
    graph.addNode("a") { _, _ in
      clock.advance(by: .milliseconds(250))
      return "a"
    }
    graph.addPath(.start, "a", .end)

    let events = try await graph.compile().events(options: RunOptions(clock: clock))

    let durations = events.compactMap { event -> Duration? in
      if case .nodeFinished(_, let duration) = event.kind { duration } else { nil }
    }
    #expect(durations == [.milliseconds(250)])
  }

  @Test("many times at once without mixing the runs up")
  func manyRuns() async throws {
    let compiled = try counter(until: 20)

    try await withThrowingTaskGroup(of: Trace?.self) { group in
      for index in 0..<100 {
        group.addTask { try await compiled.finalState(from: Trace(["\(index)"])) }
      }
      var first: Set<String> = []
      for try await state in group {
        #expect(state?.entries.count == 20)
        first.insert(state?.entries.first ?? "")
      }
      #expect(first.count == 100)
    }
  }

  @Test("not at all with options that make no sense")
  func invalidOptions() async throws {
    let compiled = try counter(until: 1)
    let memory = InMemoryCheckpointer()
    let options = [
      RunOptions(interruptBefore: ["count"]),
      RunOptions(threadID: "t", checkpointer: memory, interruptAfter: ["nobody"]),
      RunOptions(checkpointer: memory),
      RunOptions(stepLimit: 0),
      RunOptions(eventBuffer: 0),
    ]
    for options in options {
      let error = try await graphError { try await compiled.events(options: options) }
      #expect(error?.code == .invalidOptions)
    }
  }
}
