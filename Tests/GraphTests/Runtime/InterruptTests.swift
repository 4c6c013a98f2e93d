import Graph
import TestSupport
import Testing

@Suite("An interrupt", .timeLimit(.minutes(1)))
struct InterruptTests {
  private let memory = InMemoryCheckpointer()

  /// draft → send, where send says what it was told.
  private func letter() throws -> CompiledTrace {
    var graph = TraceGraph(name: "letter")
    graph.addNodes("draft")
    graph.addNode("send") { _, context in "sent: \(context.resumeInput as? String ?? "nothing")" }
    graph.addNode("file") { _, context in "filed: \(context.resumeInput as? String ?? "nothing")" }
    graph.addPath(.start, "draft", "send", "file", .end)
    return try graph.compile()
  }

  private func options(before: Set<NodeID> = [], after: Set<NodeID> = []) -> RunOptions {
    RunOptions(
      threadID: "thread", checkpointer: memory, interruptBefore: before, interruptAfter: after)
  }

  @Test("before a node stops the run there, and resuming runs the node with the input")
  func before() async throws {
    let options = options(before: ["send"])
    let first = try await letter().events(options: options)

    #expect(first.started == ["draft"])
    #expect(first.last?.summary == "1 send interrupted before [send] after []")
    #expect(first.interrupt?.state.entries == ["draft"])
    #expect(first.interrupt?.checkpointID == 2)
    #expect(
      try await memory.latest(threadID: "thread")?.interrupt == .init(before: ["send"], after: []))

    let resumed = try await letter().resumedEvents(input: "approved", options: options)

    #expect(resumed.started == ["send", "file"])
    // Only the nodes of the first step see the input.
    #expect(resumed.finalState?.entries == ["draft", "sent: approved", "filed: nothing"])
  }

  @Test("after a node keeps its update, and resuming goes on behind it")
  func after() async throws {
    let options = options(after: ["draft"])
    let first = try await letter().events(options: options)

    #expect(first.last?.summary == "1 draft interrupted before [] after [draft]")
    #expect(first.interrupt?.state.entries == ["draft"])

    let resumed = try await letter().resumedEvents(update: "edited", options: options)

    #expect(resumed.started == ["send", "file"])
    #expect(resumed.finalState?.entries == ["draft", "edited", "sent: nothing", "filed: nothing"])
  }

  @Test("before the first node stops the run before anything has run")
  func beforeEntry() async throws {
    let options = options(before: ["draft"])

    #expect(try await letter().events(options: options).started == [])
    #expect(try await letter().resumedEvents(options: options).started == ["draft", "send", "file"])
  }

  @Test("after the last node still takes input, and resuming ends the run")
  func afterLast() async throws {
    let options = options(after: ["file"])

    #expect(try await letter().events(options: options).interrupt?.after == ["file"])
    let resumed = try await letter().resumedEvents(update: "noted", options: options)
    #expect(resumed.started == [])
    #expect(resumed.finalState?.entries.last == "noted")
  }

  @Test("after one node and before the next is one stop, not two")
  func both() async throws {
    let options = options(before: ["send"], after: ["draft"])

    let first = try await letter().events(options: options)
    #expect(first.last?.summary == "1 send interrupted before [send] after [draft]")
    #expect(try await letter().resumedEvents(options: options).started == ["send", "file"])
  }

  @Test("comes again at the next node that asks for it")
  func twice() async throws {
    let options = options(before: ["send", "file"])

    _ = try await letter().events(options: options)
    let second = try await letter().resumedEvents(options: options)
    #expect(second.interrupt?.before == ["file"])
    #expect(second.started == ["send"])
    #expect(
      try await letter().resumedEvents(input: "ok", options: options).finalState?.entries.last == "filed: ok")
  }

  @Test("in a cycle comes in every turn")
  func cycle() async throws {
    var graph = TraceGraph(name: "cycle")
    graph.addNodes("turn")
    graph.addEdge(from: .start, to: "turn")
    graph.addConditionalEdge(from: "turn", to: ["turn", .end]) { state in
      state.entries.count < 3 ? "turn" : .end
    }
    let compiled = try graph.compile()
    let options = options(before: ["turn"])

    var stops = 0
    var events = try await compiled.events(options: options)
    while events.interrupt != nil {
      stops += 1
      events = try await compiled.resumedEvents(options: options)
    }
    #expect(stops == 3)
    #expect(events.finalState?.entries.count == 3)
  }

  @Test("stops a run that is resumed after a crash right before the node")
  func afterCrash() async throws {
    // The first run knew of no interrupt and broke off before the node that now asks for one.
    var graph = TraceGraph(name: "letter")
    graph.addNodes("draft")
    graph.addNode("send") { _, _ in throw Failure() }
    graph.addNodes("file")
    graph.addPath(.start, "draft", "send", "file", .end)
    let broken = try graph.compile()
    _ = try await graphError { try await broken.events(options: self.options()) }

    let options = options(before: ["send"])
    let stopped = try await letter().resumedEvents(options: options)
    #expect(stopped.started == [])
    #expect(stopped.interrupt?.before == ["send"])
    #expect(try await letter().resumedEvents(options: options).started == ["send", "file"])
  }

  @Test("that was updated before the process ended is not stopped for again")
  func crashAfterUpdate() async throws {
    let options = options(before: ["send"])
    _ = try await letter().events(options: options)

    // The process ends after the update was saved and before the node has returned.
    let clock = ManualClock()
    var graph = TraceGraph(name: "letter")
    graph.addNodes("draft")
    graph.addNode("send") { _, _ in
      try await clock.sleep(for: .seconds(1))
      return "never"
    }
    graph.addNodes("file")
    graph.addPath(.start, "draft", "send", "file", .end)
    try await graph.compile().resume(threadID: "thread", update: "edited", options: options) { _ in
      try await clock.waitForSleepers(count: 1)
    }
    #expect(try await memory.latest(threadID: "thread")?.id == 3)

    let resumed = try await letter().resumedEvents(options: options)

    #expect(resumed.interrupt == nil)
    #expect(resumed.finalState?.entries.prefix(2) == ["draft", "edited"])
  }

  @Test("of a parallel step waits for all its nodes")
  func parallel() async throws {
    var graph = TraceGraph(name: "fan")
    graph.addNodes("a", "b", "c")
    graph.addPath(.start, "a", "c", .end)
    graph.addPath(.start, "b", "c")
    let compiled = try graph.compile()
    let options = options(after: ["b"])

    #expect(try await compiled.events(options: options).interrupt?.state.entries == ["a", "b"])
    #expect(try await compiled.resumedEvents(options: options).started == ["c"])
  }
}
