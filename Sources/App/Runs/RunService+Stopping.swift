import Foundation
import Graph
import Synchronization

/// Asking for runs, and ending them.
extension RunService {
  /// - Throws: ``RequestError`` when nobody knows the run.
  func status(runID: UUID) async throws -> RunStatus {
    if let run = registry.withLock({ $0[runID] }), !run.log.isAbandoned { return RunStatus(run) }
    guard let stored = try await archive.run(id: runID) else { throw RequestError.notFound("run") }
    return RunStatus(stored)
  }

  /// The run that is going on in a session, on whichever node.
  func activeRun(sessionID: UUID) async throws -> ActiveRun? {
    if let run = registry.withLock({ $0.activeRun(sessionID: sessionID) }) {
      return ActiveRun(runID: run.id, messageID: run.messageIDs.message, parentID: run.messageIDs.parent)
    }
    guard exchange != nil, let record = try await archive.runs.activeRun(sessionID: sessionID) else {
      return nil
    }
    let message = try await archive.conversations.message(id: record.messageID)
    return ActiveRun(runID: record.id, messageID: record.messageID, parentID: message?.parentID)
  }

  /// Stops a run and waits until nothing of it is left: its upstream connection is closed and its answer stored.
  /// A run that is not known yet will end as soon as it comes.
  func stop(runID: UUID) async throws -> StopReceipt {
    let began = time.now()
    // Found or remembered in one step: a run that is admitted at this moment must not slip between the two.
    let found = registry.withLock { registry -> Run? in
      if let run = registry[runID] { return run }
      registry.rememberStop(id: runID, now: began)
      return nil
    }
    guard let run = found else {
      let receipt =
        exchange == nil
        ? try await archive.run(id: runID)?.stopReceipt : try await stopElsewhere(runID, since: began)
      if let receipt { return receipt }
      return StopReceipt(runID: runID, status: .cancelled, lastEventID: 0, tokenCount: 0, stoppedIn: .zero)
    }
    run.cancellation.fulfil(.user)
    let status = try await run.completion.wait()
    return StopReceipt(
      runID: runID, status: status, lastEventID: run.log.lastID, tokenCount: run.log.tokenCount,
      stoppedIn: time.now() - began)
  }

  /// Stops what a session is running, before it is deleted.
  func stopRun(sessionID: UUID) async throws {
    guard let run = try await activeRun(sessionID: sessionID) else { return }
    _ = try await stop(runID: run.runID)
  }
}
