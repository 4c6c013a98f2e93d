import Foundation
import Graph
import TestSupport
import Testing

@Suite("A run with a checkpointer", .timeLimit(.minutes(1)))
struct CheckpointTests {
  private let memory = InMemoryCheckpointer()
  private var options: RunOptions { RunOptions(threadID: "thread", checkpointer: memory) }

  /// a → b → c. Made anew for each process that a test plays.
  private func line(failingAt broken: NodeID? = nil, name: String = "line") throws -> CompiledTrace {
    var graph = TraceGraph(name: name)
    for id: NodeID in ["a", "b", "c"] {
      graph.addNode(id) { _, _ in
        if id == broken { throw Failure(text: "crash") }
        return id.name
      }
    }
    graph.addPath(.start, "a", "b", "c", .end)
    return try graph.compile()
  }

  @Test("saves the input and the state after each step, and says so")
  func saves() async throws {
    let events = try await line().events(from: Trace(["in"]), options: options)

    #expect(
      events.summaries.filter { $0.contains("saved") } == [
        "0 __start__ saved 1", "1 a saved 2", "2 b saved 3", "3 c saved 4",
      ])
    let checkpoints = try await memory.list(threadID: "thread")
    #expect(checkpoints.map(\.id) == [1, 2, 3, 4])
    #expect(checkpoints.map(\.step) == [0, 1, 2, 3])
    #expect(checkpoints.map(\.pending) == [["a"], ["b"], ["c"], []])
    #expect(checkpoints.map { String(decoding: $0.state, as: UTF8.self) }[1] == #"{"entries":["in","a"]}"#)
    #expect(checkpoints.allSatisfy { $0.graph == "line" && $0.interrupt == nil })
    #expect(checkpoints.map(\.hasReachedEnd) == [false, false, false, true])
  }

  @Test("goes on after a crash with the nodes that had not run")
  func resumeAfterCrash() async throws {
    let before = try line(failingAt: "b")
    #expect(try await graphError { try await before.events(options: options) }?.node == "b")

    let resumed = try await line().resumedEvents(options: options)

    #expect(resumed.started == ["b", "c"])
    #expect(resumed.finalState?.entries == ["a", "b", "c"])
    #expect(resumed.first?.step == 2)
    #expect(try await memory.list(threadID: "thread").map(\.id) == [1, 2, 3, 4])
  }

  @Test("goes on after its consumer was cancelled")
  func resumeAfterCancellation() async throws {
    let clock = ManualClock()
    func graph() throws -> CompiledTrace {
      var graph = TraceGraph(name: "slow")
      graph.addNodes("a")
      graph.addNode("b") { _, _ in
        try await clock.sleep(for: .seconds(1))
        return "b"
      }
      graph.addPath(.start, "a", "b", .end)
      return try graph.compile()
    }
    let first = try graph()
    let options = options
    let consumer = Task { try await first.events(options: options) }
    try await clock.waitForSleepers(count: 1)
    consumer.cancel()
    await #expect(throws: CancellationError.self) { try await consumer.value }

    async let resumed = graph().resumedEvents(options: options)
    try await clock.waitForSleepers(count: 1)
    clock.advance(by: .seconds(1))

    #expect(try await resumed.started == ["b"])
    #expect(try await resumed.finalState?.entries == ["a", "b"])
  }

  @Test("remembers across a crash which sources of a join have run")
  func resumeInsideJoin() async throws {
    func graph(failing: Bool) throws -> CompiledTrace {
      var graph = TraceGraph(name: "join")
      graph.addNodes("short", "long1")
      graph.addNode("long2") { _, _ in
        if failing { throw Failure() }
        return "long2"
      }
      graph.addNodes("after")
      graph.addEdge(from: .start, to: "short")
      graph.addPath(.start, "long1", "long2")
      graph.addJoin(from: ["short", "long2"], to: "after")
      graph.addEdge(from: "after", to: .end)
      return try graph.compile()
    }
    let before = try graph(failing: true)
    #expect(try await graphError { try await before.events(options: options) }?.node == "long2")
    #expect(
      try await memory.latest(threadID: "thread")?.joins.first?.arrived == ["short"])

    let resumed = try await graph(failing: false).resumedEvents(options: options)

    #expect(resumed.started == ["long2", "after"])
    #expect(resumed.finalState?.entries == ["short", "long1", "long2", "after"])
  }

  @Test("remembers across a crash that one branch has come to the end")
  func resumeAfterOneBranchEnded() async throws {
    func graph(failing: Bool) throws -> CompiledTrace {
      var graph = TraceGraph(name: "branches")
      graph.addNodes("a", "ends", "long")
      graph.addNode("longer") { _, _ in
        if failing { throw Failure() }
        return "longer"
      }
      graph.addNodes("both")
      graph.addEdge(from: .start, to: "a")
      graph.addEdge(from: "a", to: "ends")
      graph.addPath("a", "long", "longer")
      graph.addConditionalEdge(from: "ends", to: [.end, "both"]) { _ in NodeID.end }
      graph.addJoin(from: ["longer", "both"], to: "both")
      graph.addEdge(from: "both", to: .end)
      return try graph.compile()
    }
    let before = try graph(failing: true)
    #expect(try await graphError { try await before.events(options: options) }?.node == "longer")

    // The join stays incomplete; that is no error, because the run has come to its end elsewhere.
    let resumed = try await graph(failing: false).resumedEvents(options: options)

    #expect(resumed.started == ["longer"])
    #expect(resumed.finalState?.entries == ["a", "ends", "long", "longer"])
  }

  @Test("that has ended reports its end again, and takes no input")
  func resumeFinished() async throws {
    let compiled = try line()
    _ = try await compiled.events(options: options)

    #expect(
      try await compiled.resumedEvents(options: options).summaries == [
        #"3 __end__ end ["a", "b", "c"]"#
      ])
    for (input, update) in [("more", nil), (nil, "more")] as [(String?, String?)] {
      let error = try await graphError {
        try await compiled.resumedEvents(input: input, update: update, options: options)
      }
      #expect(error?.code == .threadFinished)
    }
    #expect(try await memory.list(threadID: "thread").count == 4)
  }

  @Test("can be followed by another one on the same thread, whose checkpoints count on")
  func secondRun() async throws {
    let compiled = try line()
    _ = try await compiled.events(options: options)
    let second = try await compiled.events(from: Trace(["again"]), options: options)

    #expect(second.finalState?.entries == ["again", "a", "b", "c"])
    #expect(try await memory.list(threadID: "thread").map(\.id) == Array(1...8))
  }

  @Test("takes an update of the state when it goes on, and saves it")
  func resumeWithUpdate() async throws {
    let before = try line(failingAt: "b")
    _ = try await graphError { try await before.events(options: options) }

    let resumed = try await line().resumedEvents(update: "fixed", options: options)

    #expect(resumed.summaries.first == "1 __start__ saved 3")
    #expect(resumed.finalState?.entries == ["a", "fixed", "b", "c"])
  }

  @Test("cannot go on from nothing, and not without a checkpointer")
  func nothingToResume() async throws {
    let compiled = try line()
    let missing = try await graphError {
      try await compiled.resumedEvents(threadID: "nobody", options: options)
    }
    #expect(missing?.code == .checkpointNotFound)
    let without = try await graphError { try await compiled.resumedEvents(options: RunOptions()) }
    #expect(without?.code == .invalidOptions)
  }

  @Test("does not go on from a checkpoint of another graph or another version of it")
  func mismatch() async throws {
    let before = try line(failingAt: "b")
    _ = try await graphError { try await before.events(options: options) }

    let other = try line(name: "other")
    let wrongGraph = try await graphError { try await other.resumedEvents(options: options) }
    #expect(wrongGraph?.code == .checkpointMismatch)

    var shorter = TraceGraph(name: "line")
    shorter.addNodes("a")
    shorter.addPath(.start, "a", .end)
    let compiled = try shorter.compile()
    let missingNode = try await graphError { try await compiled.resumedEvents(options: options) }
    #expect(missingNode?.code == .checkpointMismatch)
    #expect(missingNode?.node == "b")

    try await memory.save(
      Checkpoint(
        threadID: "torn", id: 1, graph: "line", step: 0, state: Data("{".utf8), pending: ["a"]))
    let sound = try line()
    let torn = try await graphError { try await sound.resumedEvents(threadID: "torn", options: options) }
    #expect(torn?.code == .checkpointMismatch)
    #expect(torn?.underlying is DecodingError)
  }

  @Test("fails when its checkpoints cannot be kept, and keeps the reason")
  func savingFails() async throws {
    struct Broken: Checkpointer {
      func save(_ checkpoint: Checkpoint) async throws { throw Failure(text: "disk full") }
      func latest(threadID: String) async throws -> Checkpoint? { nil }
      func list(threadID: String) async throws -> [Checkpoint] { [] }
      func delete(threadID: String) async throws {}
    }
    let compiled = try line()

    let error = try await graphError {
      try await compiled.events(options: RunOptions(threadID: "thread", checkpointer: Broken()))
    }

    #expect(error?.code == .checkpointFailed)
    #expect(error?.underlying as? Failure == Failure(text: "disk full"))
  }

  @Test("fails when another run writes to its thread meanwhile")
  func twoRunsOfOneThread() async throws {
    let memory = memory
    var graph = TraceGraph(name: "line")
    graph.addNode("a") { _, _ in
      try await memory.save(
        Checkpoint(threadID: "thread", id: 2, graph: "line", step: 1, state: Data("{}".utf8), pending: []))
      return "a"
    }
    graph.addPath(.start, "a", .end)
    let compiled = try graph.compile()

    let error = try await graphError { try await compiled.events(options: options) }

    #expect(error?.code == .checkpointFailed)
    #expect(error?.underlying as? CheckpointConflict == .init(threadID: "thread", id: 2, expected: 3))
  }
}
