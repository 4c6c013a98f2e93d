import Foundation
import Synchronization

/// The parts of a file, handed out one after the other.
final class PartSequence: Sendable {
  private let parts: Mutex<ArraySlice<Data>>

  init(_ parts: [Data]) {
    self.parts = Mutex(parts[...])
  }

  func next() -> Data? { parts.withLock { $0.popFirst() } }
}
