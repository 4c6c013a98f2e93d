import Synchronization
import TestSupport
import Testing

@testable import Graph

@Suite("Leaving a run", .timeLimit(.minutes(1)))
struct CancellationTests {
  /// A graph whose only node says nothing for an hour.
  private func silent(on clock: ManualClock, policy: NodePolicy = .init()) throws -> CompiledTrace {
    var graph = TraceGraph(name: "silent")
    graph.addNode("silent", policy: policy) { _, _ in
      try await clock.sleep(for: .seconds(3600))
      return "never"
    }
    graph.addPath(.start, "silent", .end)
    return try graph.compile()
  }

  @Test("by cancelling the consumer cancels a node that is silent, and waits for it")
  func cancelSilentNode() async throws {
    let clock = ManualClock()
    let compiled = try silent(on: clock)

    let consumer = Task { try await compiled.events() }
    try await clock.waitForSleepers(count: 1)
    consumer.cancel()

    await #expect(throws: CancellationError.self) { try await consumer.value }
    #expect(clock.sleeperCount == 0)
  }

  @Test("reaches nodes that run side by side, under a timeout, in a subgraph or between attempts")
  func cancelEverywhere() async throws {
    let clock = ManualClock()
    var graph = TraceGraph(name: "outer")
    graph.addSubgraph("sub", try silent(on: clock), input: { $0 }, output: { _ in "sub" })
    graph.addNode("timed", policy: NodePolicy(timeout: .seconds(60))) { _, _ in
      try await clock.sleep(for: .seconds(3600))
      return "never"
    }
    graph.addNode("flaky", policy: NodePolicy(retry: RetryPolicy(maxAttempts: 2))) { _, _ in
      throw Failure()
    }
    for id: NodeID in ["sub", "timed", "flaky"] { graph.addPath(.start, id, .end) }
    let compiled = try graph.compile()

    let consumer = Task { try await compiled.events(options: RunOptions(clock: clock)) }
    // The subgraph's node, the timed node and its timer, the pause between attempts.
    try await clock.waitForSleepers(count: 4)
    consumer.cancel()

    await #expect(throws: CancellationError.self) { try await consumer.value }
    #expect(clock.sleeperCount == 0)
  }

  @Test("by returning early ends the nodes, and gives what was returned")
  func earlyReturn() async throws {
    let clock = ManualClock()

    let first = try await silent(on: clock).run(Trace()) { events in
      try await clock.waitForSleepers(count: 1)
      return try await events.first { _ in true }?.summary
    }

    #expect(first == "1 silent started 1")
    #expect(clock.sleeperCount == 0)
  }

  @Test("by throwing ends the nodes, and throws on")
  func consumerThrows() async throws {
    let clock = ManualClock()
    let compiled = try silent(on: clock)

    await #expect(throws: Failure(text: "mine")) {
      try await compiled.run(Trace()) { _ in
        try await clock.waitForSleepers(count: 1)
        throw Failure(text: "mine")
      }
    }
    #expect(clock.sleeperCount == 0)
  }

  @Test("ends a node that waits for the consumer")
  func emitThrows() async throws {
    let outcome = Mutex<(any Error)?>(nil)
    var graph = TraceGraph(name: "chatty")
    graph.addNode("chatty") { _, context in
      do {
        while true { try await context.emit("word") }
      } catch {
        outcome.withLock { $0 = error }
        throw error
      }
    }
    graph.addPath(.start, "chatty", .end)

    try await graph.compile().run(Trace(), options: RunOptions(eventBuffer: 2)) { events in
      while events.channel.suspendedSenderCount == 0 { await Task.yield() }
    }

    #expect(outcome.withLock { $0 } is CancellationError)
  }

  @Test("is not what a node's own CancellationError means")
  func strayCancellationError() async throws {
    var graph = TraceGraph(name: "stray")
    graph.addNode("stray") { _, _ in throw CancellationError() }
    graph.addPath(.start, "stray", .end)
    let compiled = try graph.compile()

    let error = try await graphError { try await compiled.events() }

    #expect(error?.code == .nodeFailed)
    #expect(error?.underlying is CancellationError)
  }
}

@Suite("A slow consumer", .timeLimit(.minutes(1)))
struct BackPressureTests {
  @Test("stops the node that speaks, which loses nothing")
  func slowConsumer() async throws {
    let emitted = Atomic<Int>(0)
    var graph = TraceGraph(name: "chatty")
    graph.addNode("chatty") { _, context in
      for number in 0..<500 {
        try await context.emit("\(number)")
        emitted.add(1, ordering: .relaxed)
      }
      return "done"
    }
    graph.addPath(.start, "chatty", .end)
    let capacity = 4

    let payloads = try await graph.compile().run(Trace(), options: RunOptions(eventBuffer: capacity)) {
      events in
      var payloads: [String] = []
      for try await event in events {
        guard case .payload(let payload) = event.kind else { continue }
        payloads.append(payload)
        // Until the end is near, the node always comes to a halt with the buffer full.
        while payloads.count < 480, events.channel.suspendedSenderCount == 0 { await Task.yield() }
        #expect(emitted.load(ordering: .relaxed) <= payloads.count + 2 * capacity)
      }
      return payloads
    }

    #expect(payloads == (0..<500).map { "\($0)" })
  }

  @Test("gets batches that are never larger than the buffer")
  func batches() async throws {
    var graph = TraceGraph(name: "chatty")
    graph.addNode("chatty") { _, context in
      for number in 0..<1000 { try await context.emit("\(number)") }
      return "done"
    }
    graph.addPath(.start, "chatty", .end)

    let payloads = try await graph.compile().run(Trace(), options: RunOptions(eventBuffer: 16)) {
      var iterator = $0.makeAsyncIterator()
      var payloads: [String] = []
      while let batch = try await iterator.nextBatch() {
        #expect((1...16).contains(batch.count))
        for case .payload(let payload) in batch.map(\.kind) { payloads.append(payload) }
      }
      return payloads
    }

    #expect(payloads == (0..<1000).map { "\($0)" })
  }
}
