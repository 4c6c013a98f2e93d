import Foundation
import Synchronization

/// The wall clock that all nodes have in common: this machine's, set right by the store's.
///
/// Times in the store come from whichever node wrote them. Were they those of its machine, a clock that is an hour off would
/// put conversations into the wrong order.
final class ClusterClock: Sendable {
  private let offset = Mutex(TimeInterval(0))
  private let machine: @Sendable () -> Date

  /// - Parameter machine: this machine's own clock.
  init(machine: @escaping @Sendable () -> Date = { Date() }) {
    self.machine = machine
  }

  func now() -> Date { machine().addingTimeInterval(offset.withLock { $0 }) }

  /// Asks the store for its clock, and goes by that from now on. It is taken to have been read halfway between the question
  /// and the answer.
  func adjust(by ask: () async throws -> Date) async rethrows {
    let asked = machine()
    let storeDate = try await ask()
    let middle = asked.addingTimeInterval(machine().timeIntervalSince(asked) / 2)
    offset.withLock { $0 = storeDate.timeIntervalSince(middle) }
  }
}
