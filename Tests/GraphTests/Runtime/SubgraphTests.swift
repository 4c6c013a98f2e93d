import Graph
import TestSupport
import Testing

@Suite("A subgraph", .timeLimit(.minutes(1)))
struct SubgraphTests {
  private struct Count: GraphState {
    var value = 0
    mutating func apply(_ update: Int) { value += update }
  }

  /// A graph with a state of its own: two nodes that add to a number.
  private func adder() throws -> CompiledGraph<Count, String> {
    var graph = StateGraph<Count, String>(name: "adder")
    graph.addNode("one") { _, context in
      try await context.emit("adding")
      return 1
    }
    graph.addNode("ten") { _, _ in 10 }
    graph.addEdge(from: .start, to: "one")
    graph.addEdge(from: "one", to: "ten")
    graph.addEdge(from: "ten", to: .end)
    return try graph.compile()
  }

  @Test("runs as one node, and its events carry the path")
  func path() async throws {
    var graph = TraceGraph(name: "outer")
    graph.addNodes("before")
    graph.addSubgraph(
      "sum", try adder(), input: { Count(value: $0.entries.count) }, output: { "sum \($0.value)" })
    graph.addPath(.start, "before", "sum", .end)

    let events = try await graph.compile().events()

    #expect(
      events.summaries == [
        "1 before started 1", "1 before finished before",
        "2 sum started 1",
        "1 sum/one started 1", "1 sum/one payload adding", "1 sum/one finished inside 1",
        "2 sum/ten started 1", "2 sum/ten finished inside 10",
        "2 sum finished sum 12",
        #"2 __end__ end ["before", "sum 12"]"#,
      ])
  }

  @Test("can hold another one")
  func nested() async throws {
    var middle = TraceGraph(name: "middle")
    middle.addSubgraph("sum", try adder(), input: { _ in Count() }, output: { "\($0.value)" })
    middle.addPath(.start, "sum", .end)
    var outer = TraceGraph(name: "outer")
    outer.addSubgraph(
      "middle", try middle.compile(), input: { _ in Trace() }, output: { $0.entries.joined() })
    outer.addPath(.start, "middle", .end)

    let events = try await outer.compile().events()

    #expect(events.started == ["middle", "middle/sum", "middle/sum/one", "middle/sum/ten"])
    #expect(events.finalState?.entries == ["11"])
  }

  @Test("fails with the inner node's path and its own error")
  func failure() async throws {
    var inner = TraceGraph(name: "inner")
    inner.addNode("broken") { _, _ in throw Failure() }
    inner.addPath(.start, "broken", .end)
    var outer = TraceGraph(name: "outer")
    outer.addSubgraph("sub", try inner.compile(), input: { $0 }, output: { _ in "" })
    outer.addPath(.start, "sub", .end)
    let compiled = try outer.compile()

    let error = try await graphError { try await compiled.events() }

    #expect(error?.code == .nodeFailed)
    #expect(error?.path == ["sub", "broken"])
    #expect(error?.node == "broken")
    #expect(error?.underlying as? Failure == Failure())
  }

  @Test("counts its own steps, and names its node at the limit or at a wrong turn")
  func limitsInside() async throws {
    func outer(choosing target: NodeID) throws -> CompiledTrace {
      var inner = TraceGraph(name: "inner")
      inner.addNodes("again")
      inner.addEdge(from: .start, to: "again")
      inner.addConditionalEdge(from: "again", to: ["again", .end]) { _ in target }
      var outer = TraceGraph(name: "outer")
      outer.addSubgraph("sub", try inner.compile(), input: { $0 }, output: { _ in "" })
      outer.addPath(.start, "sub", .end)
      return try outer.compile()
    }
    let endless = try outer(choosing: "again")
    let limit = try await graphError { try await endless.events(options: RunOptions(stepLimit: 5)) }
    #expect(limit?.code == .stepLimitReached)
    #expect(limit?.path == ["sub", "again"])

    let lost = try outer(choosing: "elsewhere")
    let route = try await graphError { try await lost.events() }
    #expect(route?.code == .invalidRoute)
    #expect(route?.path == ["sub", "again"])
  }

  @Test("obeys a policy as a whole")
  func policy() async throws {
    let clock = ManualClock()
    var inner = TraceGraph(name: "inner")
    inner.addNode("slow") { _, _ in
      try await clock.sleep(for: .seconds(3600))
      return "never"
    }
    inner.addPath(.start, "slow", .end)
    var outer = TraceGraph(name: "outer")
    outer.addSubgraph(
      "sub", try inner.compile(), policy: NodePolicy(timeout: .seconds(5)), input: { $0 },
      output: { _ in "" })
    outer.addPath(.start, "sub", .end)
    let compiled = try outer.compile()

    async let error = graphError { try await compiled.events(options: RunOptions(clock: clock)) }
    try await clock.waitForSleepers(count: 2)
    clock.advance(by: .seconds(5))

    #expect(try await error?.code == .nodeTimedOut)
    #expect(try await error?.path == ["sub"])
  }

  @Test("sees the input of a resume when it is what was resumed")
  func resumeInput() async throws {
    var inner = TraceGraph(name: "inner")
    inner.addNodes("first")
    inner.addNode("second") { _, context in "second: \(context.resumeInput ?? "nothing")" }
    inner.addPath(.start, "first", "second", .end)
    var outer = TraceGraph(name: "outer")
    outer.addSubgraph("sub", try inner.compile(), input: { $0 }, output: { $0.entries.last ?? "" })
    outer.addNode("after") { _, context in "after: \(context.resumeInput ?? "nothing")" }
    outer.addPath(.start, "sub", "after", .end)
    let compiled = try outer.compile()
    let options = RunOptions(
      threadID: "thread", checkpointer: InMemoryCheckpointer(), interruptBefore: ["sub"])

    #expect(try await compiled.events(options: options).interrupt?.before == ["sub"])
    let resumed = try await compiled.resumedEvents(input: "go", options: options)

    #expect(resumed.finalState?.entries == ["second: go", "after: nothing"])
  }
}
