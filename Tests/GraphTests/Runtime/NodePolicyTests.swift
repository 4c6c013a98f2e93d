import Graph
import Synchronization
import TestSupport
import Testing

@Suite("A node's policy", .timeLimit(.minutes(1)))
struct NodePolicyTests {
  /// One node that fails until its last attempt.
  private func flaky(
    failures: Int, policy: NodePolicy, failure: @escaping @Sendable (Int) -> any Error = { _ in Failure() }
  ) throws -> CompiledTrace {
    var graph = TraceGraph(name: "flaky")
    graph.addNode("node", policy: policy) { _, context in
      try await context.emit("try \(context.attempt)")
      if context.attempt <= failures { throw failure(context.attempt) }
      return "done"
    }
    graph.addPath(.start, "node", .end)
    return try graph.compile()
  }

  private let threeTries = NodePolicy(
    retry: RetryPolicy(
      maxAttempts: 3, backoff: .init(initial: .seconds(1), multiplier: 3, maximum: .seconds(60))))

  @Test("repeats a failed node after a growing pause until it succeeds")
  func retryThenSuccess() async throws {
    let clock = ManualClock()
    let compiled = try flaky(failures: 2, policy: threeTries)

    async let events = compiled.events(options: RunOptions(clock: clock))
    try await clock.waitForSleepers(count: 1)
    clock.advance(by: .seconds(1))
    try await clock.waitForSleepers(count: 1)
    clock.advance(by: .seconds(3))

    #expect(
      try await events.summaries == [
        "1 node started 1", "1 node payload try 1",
        "1 node retrying after 1 in 1.0 seconds: \(Failure())",
        "1 node started 2", "1 node payload try 2",
        "1 node retrying after 2 in 3.0 seconds: \(Failure())",
        "1 node started 3", "1 node payload try 3", "1 node finished done", #"1 __end__ end ["done"]"#,
      ])
  }

  @Test("gives up after the last attempt, with the last error")
  func retryExhausted() async throws {
    let clock = ManualClock()
    let compiled = try flaky(failures: 9, policy: threeTries) { Failure(text: "\($0)") }

    async let error = graphError { try await compiled.events(options: RunOptions(clock: clock)) }
    for _ in 1...2 {
      try await clock.waitForSleepers(count: 1)
      clock.advance(by: .seconds(60))
    }

    #expect(try await error?.code == .nodeFailed)
    #expect(try await error?.node == "node")
    #expect(try await error?.underlying as? Failure == Failure(text: "3"))
  }

  @Test("does not repeat what is not worth repeating")
  func notRetryable() async throws {
    let policy = NodePolicy(
      retry: RetryPolicy(maxAttempts: 3, isRetryable: { ($0 as? Failure)?.text != "final" }))
    let compiled = try flaky(failures: 1, policy: policy) { _ in Failure(text: "final") }

    let error = try await graphError {
      try await compiled.events(options: RunOptions(clock: ManualClock()))
    }

    #expect(error?.underlying as? Failure == Failure(text: "final"))
  }

  @Test("is not asked about a node that was cancelled with its run")
  func cancelledIsNotRetried() async throws {
    let clock = ManualClock()
    let asked = Mutex(0)
    let retry = RetryPolicy(maxAttempts: 3) { _ in
      asked.withLock { $0 += 1 }
      return true
    }
    var graph = TraceGraph(name: "slow")
    graph.addNode("slow", policy: NodePolicy(retry: retry)) { _, _ in
      try await clock.sleep(for: .seconds(3600))
      return "never"
    }
    graph.addPath(.start, "slow", .end)

    try await graph.compile().run(Trace()) { _ in try await clock.waitForSleepers(count: 1) }

    #expect(asked.withLock { $0 } == 0)
  }

  @Test("ends a node whose time is up, and names it")
  func timeout() async throws {
    let clock = ManualClock()
    let wasCancelled = Mutex(false)
    var graph = TraceGraph(name: "slow")
    graph.addNode("slow", policy: NodePolicy(timeout: .seconds(5))) { _, _ in
      do {
        try await clock.sleep(for: .seconds(3600))
      } catch {
        wasCancelled.withLock { $0 = true }
        throw error
      }
      return "never"
    }
    graph.addPath(.start, "slow", .end)
    let compiled = try graph.compile()

    async let error = graphError { try await compiled.events(options: RunOptions(clock: clock)) }
    try await clock.waitForSleepers(count: 2)
    clock.advance(by: .seconds(5))

    #expect(try await error?.code == .nodeTimedOut)
    #expect(try await error?.node == "slow")
    #expect(wasCancelled.withLock { $0 })
    #expect(clock.sleeperCount == 0)
  }

  @Test("lets a node in time pass, and leaves no timer behind")
  func inTime() async throws {
    let clock = ManualClock()
    var graph = TraceGraph(name: "quick")
    graph.addNode("quick", policy: NodePolicy(timeout: .seconds(5))) { _, _ in "quick" }
    graph.addPath(.start, "quick", .end)

    let state = try await graph.compile().finalState(options: RunOptions(clock: clock))

    #expect(state?.entries == ["quick"])
    #expect(clock.sleeperCount == 0)
  }

  @Test("gives each attempt its own time, and can repeat one that took too long")
  func timeoutThenSuccess() async throws {
    let clock = ManualClock()
    // The node's own sleep is on another clock, so that sleepers here are the timer and the pause only.
    let work = ManualClock()
    var graph = TraceGraph(name: "slow")
    let retry = RetryPolicy(
      maxAttempts: 2, backoff: .init(initial: .seconds(1)),
      isRetryable: { ($0 as? GraphError)?.code == .nodeTimedOut })
    graph.addNode("slow", policy: NodePolicy(timeout: .seconds(5), retry: retry)) { _, context in
      if context.attempt == 1 { try await work.sleep(for: .seconds(3600)) }
      return "second"
    }
    graph.addPath(.start, "slow", .end)
    let compiled = try graph.compile()

    async let state = compiled.finalState(options: RunOptions(clock: clock))
    try await clock.waitForSleepers(count: 1)
    try await work.waitForSleepers(count: 1)
    clock.advance(by: .seconds(5))
    try await clock.waitForSleepers(count: 1)
    clock.advance(by: .seconds(1))

    #expect(try await state?.entries == ["second"])
  }

  @Test("times out one of several parallel nodes, and names that one")
  func timeoutAmongSiblings() async throws {
    let clock = ManualClock()
    var graph = TraceGraph(name: "slow")
    for (name, timeout) in [("patient", 60), ("hasty", 5)] {
      graph.addNode(NodeID(name), policy: NodePolicy(timeout: .seconds(timeout))) { _, _ in
        try await clock.sleep(for: .seconds(3600))
        return name
      }
      graph.addPath(.start, NodeID(name), .end)
    }
    let compiled = try graph.compile()

    async let error = graphError { try await compiled.events(options: RunOptions(clock: clock)) }
    try await clock.waitForSleepers(count: 4)
    clock.advance(by: .seconds(5))

    #expect(try await error?.path == ["hasty"])
    #expect(clock.sleeperCount == 0)
  }

  @Test("never takes an optional update for a timeout")
  func optionalUpdate() async throws {
    struct Maybe: GraphState {
      var applied = 0
      mutating func apply(_ update: Int?) { applied += 1 }
    }
    var graph = StateGraph<Maybe, Never>(name: "optional")
    graph.addNode("nothing", policy: NodePolicy(timeout: .seconds(5))) { _, _ in nil }
    graph.addEdge(from: .start, to: "nothing")
    graph.addEdge(from: "nothing", to: .end)

    let applied = try await graph.compile().run(Maybe(), options: RunOptions(clock: ManualClock())) {
      var applied: Int?
      for try await event in $0 {
        if case .finished(let state) = event.kind { applied = state.applied }
      }
      return applied
    }

    #expect(applied == 1)
  }

  @Test("multiplies the pause up to its maximum")
  func backoff() {
    let backoff = RetryPolicy.Backoff(
      initial: .milliseconds(100), multiplier: 2, maximum: .milliseconds(350))

    #expect(
      [1, 2, 3, 4, 1000].map(backoff.delay(afterAttempt:))
        == [100, 200, 350, 350, 350].map { .milliseconds($0) })
  }
}
