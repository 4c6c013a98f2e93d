import Foundation
import Synchronization

/// The documents that are being read now, and the way to end it.
final class ActiveReadings: Sendable {
  private let readings = Mutex<[ObjectIdentifier: Reading]>([:])

  func begin(documentID: UUID, contentHash: String) -> Reading {
    let reading = Reading(documentID: documentID, contentHash: contentHash)
    readings.withLock { $0[ObjectIdentifier(reading)] = reading }
    return reading
  }

  func end(_ reading: Reading) {
    readings.withLock { $0[ObjectIdentifier(reading)] = nil }
    reading.ended.fulfil(())
  }

  /// Ends the reading of a document, and returns when it has ended.
  /// - Parameter hash: of the newer content, whose reading goes on; `nil` ends every one.
  /// - Returns: whether all of them were ended before they stored anything.
  @discardableResult
  func cancel(documentID: UUID, exceptHash hash: String? = nil) async throws -> Bool {
    let affected = readings.withLock { readings in
      readings.values.filter { $0.documentID == documentID && $0.contentHash != hash }
    }
    var areCancelled = true
    for reading in affected { areCancelled = reading.cancel() && areCancelled }
    for reading in affected { try await reading.ended.wait() }
    return areCancelled
  }

  /// Tells every reading to end, because the server does.
  func interruptAll() {
    for reading in readings.withLock({ Array($0.values) }) { reading.interrupt() }
  }

  var count: Int { readings.withLock { $0.count } }
}

/// One file that is being read.
final class Reading: Sendable {
  private enum Phase {
    case reading, saving, cancelled, interrupted
  }

  let documentID: UUID
  let contentHash: String
  let ended = OneShot<Void>()
  private let phase = Mutex(Phase.reading)

  init(documentID: UUID, contentHash: String) {
    self.documentID = documentID
    self.contentHash = contentHash
  }

  /// - Returns: `false` when the document is being stored already: it is too late.
  func cancel() -> Bool {
    phase.withLock { phase in
      if phase == .saving { return false }
      phase = .cancelled
      return true
    }
  }

  func interrupt() {
    phase.withLock { phase in if phase == .reading { phase = .interrupted } }
  }

  /// - Returns: `false` when the reading was ended before.
  func beginSaving() -> Bool {
    phase.withLock { phase in
      guard phase == .reading else { return false }
      phase = .saving
      return true
    }
  }

  var isCancelled: Bool { phase.withLock { $0 == .cancelled } }

  /// - Throws: `CancellationError` when the reading shall end.
  func check() throws {
    let goesOn = phase.withLock { $0 == .reading }
    guard goesOn else { throw CancellationError() }
  }
}
