import Foundation
import Synchronization

/// Readers that come to runs, and go.
extension RunService {
  /// - Returns: a reader of a run in memory, or of what is stored of it.
  /// - Throws: ``RequestError`` when nobody knows the run, or the position is not one of its.
  func attach(runID: UUID, after: Int) async throws -> RunReader {
    if let run = registry.withLock({ $0[runID] }), !run.log.isAbandoned {
      guard after <= run.log.lastID else { throw RequestError.positionBeyondRun }
      return attach(to: run, after: after)
    }
    if let reader = attachToMirror(runID: runID, after: after) { return reader }
    guard let stored = try await archive.run(id: runID) else { throw RequestError.notFound("run") }
    if let reader = try await follow(stored, after: after) { return reader }
    return try archive.reader(of: stored, after: after)
  }

  func attach(to run: Run, after: Int) -> RunReader {
    registry.withLock { $0.attach(run) }
    return RunReader(run: run, after: after)
  }

  /// Says that a reader has ended, whether it read to the end or its client went away.
  func detach(_ reader: RunReader) {
    guard let run = reader.run, !detachFromMirror(run) else { return }
    countDeparture(from: run)
  }

  /// A reader has gone, of this node or of another one.
  func countDeparture(from run: Run) {
    let deadline = time.now() + settings.disconnectGrace
    let wasLast = registry.withLock { $0.detach(run, deadline: deadline) }
    if wasLast, settings.disconnectGrace <= .zero { run.cancellation.fulfil(.disconnected) }
  }
}
