import Foundation
import TestSupport
import Testing

@testable import Providers

@Suite("Threads for computing", .timeLimit(.minutes(1)))
struct ComputePoolTests {
  final class Workspace {}

  /// Holds a thread until the test lets it go.
  private final class Gate: Sendable {
    let hasBegun = OneTimeSignal<Void>()
    private let semaphore = DispatchSemaphore(value: 0)

    func pass() {
      hasBegun.fire()
      semaphore.wait()
    }

    func open() { semaphore.signal() }
  }

  private func withPool(threads: Int = 1, _ body: (ComputePool<Workspace>) async throws -> Void) async throws
  {
    let pool = ComputePool(name: "test", threads: threads) { Workspace() }
    do {
      try await body(pool)
      await pool.close()
    } catch {
      await pool.close()
      throw error
    }
  }

  @Test("work comes back with its result or its error")
  func results() async throws {
    struct Failure: Error {}
    try await withPool { pool in
      let seven = try await pool.run(.bulk) { _ in 7 }
      #expect(seven == 7)
      await #expect(throws: Failure.self) {
        try await pool.run(.urgent) { _ -> Int in throw Failure() }
      }
    }
  }

  @Test("each thread keeps its own workspace")
  func workspaces() async throws {
    try await withPool { pool in
      let first = try await pool.run(.bulk) { ObjectIdentifier($0) }
      let second = try await pool.run(.bulk) { ObjectIdentifier($0) }
      let urgent = try await pool.run(.urgent) { ObjectIdentifier($0) }
      #expect(first == second && first != urgent)
    }
  }

  @Test("urgent work does not wait for work in bulk")
  func urgency() async throws {
    try await withPool { pool in
      let gate = Gate()
      async let bulk: Void = pool.run(.bulk) { _ in gate.pass() }
      try await gate.hasBegun.value()
      let isDone = try await pool.run(.urgent) { _ in true }
      #expect(isDone)
      gate.open()
      try await bulk
    }
  }

  @Test("work that waits is never done when its task is cancelled; the rest goes on")
  func cancellation() async throws {
    try await withPool { pool in
      let gate = Gate()
      let done = Counter()
      async let first: Void = pool.run(.bulk) { _ in gate.pass() }
      try await gate.hasBegun.value()
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          await #expect(throws: CancellationError.self) {
            try await pool.run(.bulk) { _ in done.increment() }
          }
        }
        group.cancelAll()
      }
      gate.open()
      try await first
      let one = try await pool.run(.bulk) { _ in 1 }
      #expect(one == 1)
      #expect(done.value == 0)
    }
  }

  @Test("closing fails what waits, waits for what runs, and refuses what comes")
  func closing() async throws {
    let pool = ComputePool(name: "test", threads: 1) { Workspace() }
    let gate = Gate()
    async let running = pool.run(.bulk) { _ in
      gate.pass()
      return true
    }
    try await gate.hasBegun.value()
    async let closed: Void = pool.close()
    // The only thread is held, so this waits in the queue until that is closed, or is refused.
    await #expect(throws: ComputePoolClosed.self) { try await pool.run(.bulk) { _ in } }
    gate.open()
    let wasDone = try await running
    #expect(wasDone)
    await closed
    await #expect(throws: ComputePoolClosed.self) { try await pool.run(.urgent) { _ in } }
  }

  #if os(Linux)
    @Test("threads for bulk work are nicer than the others")
    func niceness() async throws {
      try await withPool { pool in
        @Sendable func nice() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }
        let bulk = try await pool.run(.bulk) { _ in nice() }
        let urgent = try await pool.run(.urgent) { _ in nice() }
        #expect(bulk == min(urgent + 10, 19) || bulk == 10)
      }
    }
  #endif
}
