import Foundation
import Synchronization
import Testing

@testable import App

@Suite("The clock of a cluster")
struct ClusterClockTests {
  /// A machine's clock that the test moves.
  private final class Machine: Sendable {
    private let date: Mutex<Date>
    init(_ seconds: TimeInterval) { date = Mutex(Date(timeIntervalSince1970: seconds)) }
    var now: Date { date.withLock { $0 } }
    func pass(_ seconds: TimeInterval) { date.withLock { $0 += seconds } }
  }

  @Test("machines whose clocks are hours apart tell the same time, that of the store")
  func skew() async {
    let machines = [Machine(1_000_000), Machine(1_003_600), Machine(992_800)]
    let clocks = machines.map { machine in ClusterClock(machine: { machine.now }) }
    for clock in clocks { await clock.adjust { Date(timeIntervalSince1970: 1_000_010) } }
    for machine in machines { machine.pass(5) }
    #expect(clocks.map { $0.now().timeIntervalSince1970 } == [1_000_015, 1_000_015, 1_000_015])
  }

  @Test("a slow answer costs half of the time that it took")
  func latency() async {
    let machine = Machine(100)
    let clock = ClusterClock(machine: { machine.now })
    await clock.adjust {
      machine.pass(4)
      return Date(timeIntervalSince1970: 502)
    }
    #expect(clock.now().timeIntervalSince1970 == 504)
  }

  @Test("before the store has been asked, and when it cannot be, the machine's clock serves")
  func unasked() async {
    let machine = Machine(100)
    let clock = ClusterClock(machine: { machine.now })
    await #expect(throws: CancellationError.self) { try await clock.adjust { throw CancellationError() } }
    #expect(clock.now().timeIntervalSince1970 == 100)
  }
}
