import Synchronization
import TestSupport
import Testing

@testable import Graph

@Suite("A graph that hands its events to a function", .timeLimit(.minutes(1)))
struct HandlerTests {
  private final class Record: Sendable {
    private let events = Mutex<[TraceEvent]>([])
    func add(_ event: TraceEvent) { events.withLock { $0.append(event) } }
    var summaries: [String] { events.withLock { $0.summaries } }
  }

  @Test("gives it the events that a consumer would get, each before the node goes on")
  func events() async throws {
    let record = Record()
    var graph = TraceGraph(name: "line")
    graph.addNode("a") { _, context in
      #expect(context.deliversAtOnce)
      try await context.emit("one")
      #expect(record.summaries.last == "1 a payload one")
      #expect(try context.offer("two"))
      #expect(record.summaries.last == "1 a payload two")
      return "A"
    }
    graph.addNodes("b")
    graph.addPath(.start, "a", "b", .end)
    let compiled = try graph.compile()
    try await compiled.run(Trace(["in"]), handle: record.add)
    #expect(
      record.summaries == [
        "1 a started 1", "1 a payload one", "1 a payload two", "1 a finished A", "2 b started 1",
        "2 b finished b", #"2 __end__ end ["in", "A", "b"]"#,
      ])
  }

  @Test("loses no event of nodes that run side by side")
  func sideBySide() async throws {
    let record = Record()
    var graph = TraceGraph(name: "fan")
    for index in 0..<16 {
      graph.addNode(NodeID("n\(index)")) { _, context in
        for number in 0..<50 { try await context.emit("\(number)") }
        return "done"
      }
      graph.addPath(.start, NodeID("n\(index)"), .end)
    }
    try await graph.compile().run(Trace(), handle: record.add)
    for index in 0..<16 {
      #expect(
        record.summaries.filter { $0.hasPrefix("1 n\(index) payload ") }
          == (0..<50).map { "1 n\(index) payload \($0)" })
    }
  }

  @Test("throws what a node threw, with its name")
  func failure() async throws {
    var graph = TraceGraph(name: "failing")
    graph.addNode("a") { _, _ in throw Failure() }
    graph.addPath(.start, "a", .end)
    let compiled = try graph.compile()
    let error = await #expect(throws: GraphError.self) { try await compiled.run(Trace(), handle: { _ in }) }
    #expect(error?.node == "a")
    #expect(error?.underlying is Failure)
  }

  @Test("ends with its task, and delivers nothing more")
  func cancellation() async throws {
    let clock = ManualClock()
    let record = Record()
    var graph = TraceGraph(name: "silent")
    graph.addNode("silent") { _, context in
      try? await clock.sleep(for: .seconds(3600))
      await #expect(throws: CancellationError.self) { try await context.emit("late") }
      return "never"
    }
    graph.addPath(.start, "silent", .end)
    let compiled = try graph.compile()
    let task = Task { try await compiled.run(Trace(), handle: record.add) }
    try await clock.waitForSleepers(count: 1)
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(record.summaries == ["1 silent started 1"])
  }

  @Test("goes on from a checkpoint")
  func resume() async throws {
    let checkpointer = InMemoryCheckpointer()
    var graph = TraceGraph(name: "resumed")
    graph.addNodes("a", "b")
    graph.addPath(.start, "a", "b", .end)
    let compiled = try graph.compile()
    let options = RunOptions(threadID: "thread", checkpointer: checkpointer, interruptAfter: ["a"])
    try await compiled.run(Trace(), options: options, handle: { _ in })
    let record = Record()
    try await compiled.resume(
      threadID: "thread", options: RunOptions(threadID: "thread", checkpointer: checkpointer),
      handle: record.add)
    #expect(record.summaries.contains("2 b finished b"))
    #expect(!record.summaries.contains { $0.hasPrefix("1 a") })
  }

  @Test("A consumer with a buffer is offered what fits, and no more")
  func offerToChannel() async throws {
    // The consumer takes nothing before everything has been offered: what it takes makes room for more.
    let (offered, end) = AsyncStream<Never>.makeStream()
    var graph = TraceGraph(name: "offer")
    graph.addNode("a") { _, context in
      #expect(!context.deliversAtOnce)
      var taken = 0
      while try context.offer("x") { taken += 1 }
      end.finish()
      return "\(taken)"
    }
    graph.addPath(.start, "a", .end)
    let state = try await graph.compile().run(Trace(), options: RunOptions(eventBuffer: 4)) { events in
      for await _ in offered {}
      var state: Trace?
      for try await event in events {
        if case .finished(let finished) = event.kind { state = finished }
      }
      return state
    }
    // The node's beginning has the first of the four places.
    #expect(state?.entries == ["3"])
  }
}
