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
  func cancel(documentID: UUID, exceptHash hash: String? = nil) async throws {
    for reading in end(documentID: documentID, exceptHash: hash) { try await reading.ended.wait() }
  }

  /// Tells the readings of a document to end, and does not wait for it.
  /// - Returns: those that were told.
  @discardableResult
  func end(documentID: UUID, exceptHash hash: String?) -> [Reading] {
    let affected = readings.withLock { readings in
      readings.values.filter { $0.documentID == documentID && $0.contentHash != hash }
    }
    for reading in affected { reading.cancel() }
    return affected
  }

  var documentIDs: Set<UUID> { readings.withLock { Set($0.values.map(\.documentID)) } }

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

  /// One that is being stored already goes on: the store knows whether it was in time.
  func cancel() {
    phase.withLock { phase in if phase != .saving { phase = .cancelled } }
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
