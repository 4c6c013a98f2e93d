import TestSupport
import Testing

@Suite("The tests' clock", .timeLimit(.minutes(1)))
struct ManualClockTests {
  @Test("wakes a sleeper when its time has come, and not before")
  func advance() async throws {
    let clock = ManualClock()
    async let sleep: Void = clock.sleep(for: .seconds(2))
    try await clock.waitForSleepers(count: 1)
    clock.advance(by: .seconds(1))
    #expect(clock.sleeperCount == 1)
    clock.advance(by: .seconds(1))
    #expect(clock.sleeperCount == 0)
    try await sleep
    #expect(clock.now.offset == .seconds(2))
  }

  @Test("does not let sleep what is due already")
  func due() async throws {
    let clock = ManualClock()
    try await clock.sleep(for: .zero)
  }

  @Test("ends the sleep of a cancelled task, and a watch too")
  func cancellation() async throws {
    let clock = ManualClock()
    let sleeper = Task { try await clock.sleep(for: .seconds(1)) }
    let watcher = Task { try await clock.waitForSleepers(count: 2) }
    try await clock.waitForSleepers(count: 1)
    sleeper.cancel()
    watcher.cancel()
    await #expect(throws: CancellationError.self) { try await sleeper.value }
    await #expect(throws: CancellationError.self) { try await watcher.value }
    #expect(clock.sleeperCount == 0)
  }
}
