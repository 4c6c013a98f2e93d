import Foundation
import Graph
import Logging
import Synchronization

/// What one transaction writes of one run.
extension RunJournal {
  /// A run that is stored and goes on.
  struct OpenRun {
    let log: RunLog
    var storedID: Int
    /// One that is not stored yet.
    var checkpoint: Checkpoint?
    let onLost: @Sendable () -> Void

    init(log: RunLog, storedID: Int, onLost: @escaping @Sendable () -> Void) {
      self.log = log
      self.storedID = storedID
      self.onLost = onLost
    }
  }

  /// A beginning or an end, for which somebody waits.
  struct Request: Sendable {
    enum Kind: Sendable {
      case begin(RunBeginning, first: LoggedEvent, RunLog, onLost: @Sendable () -> Void)
      case end(Message, terminal: LoggedEvent?, endedAt: Date)
    }

    var runID: UUID
    var kind: Kind
    var continuation: CheckedContinuation<StoreError?, Never>?
  }

  /// What one transaction writes of one run.
  struct Write {
    var runID: UUID
    var changes: [RunChange]
    /// The newest event that is stored once it has worked.
    var lastID: Int
    var request: Request?
    var checkpoint: Checkpoint?
  }

  func write(_ request: Request, _ run: OpenRun?) -> Write? {
    switch request.kind {
    case .begin(let beginning, let first, _, _):
      let batch = batch([first], runID: request.runID)
      return Write(
        runID: request.runID, changes: [.begin(beginning)] + (batch.map { [.append($0)] } ?? []),
        lastID: batch?.lastID ?? 0, request: request)
    case .end(let message, let terminal, let endedAt):
      guard let run else {
        request.continuation?.resume(returning: nil)
        return nil
      }
      let events = run.log.events(after: run.storedID) + (terminal.map { [$0] } ?? [])
      let batch = batch(events, runID: request.runID)
      let end = RunChange.end(
        RunEnding(runID: request.runID, batch: batch, message: message, endedAt: endedAt))
      // Only an interrupted run goes on from its checkpoint.
      let checkpoint = message.status == .interrupted ? run.checkpoint : nil
      return Write(
        runID: request.runID,
        changes: (checkpoint.map { [.checkpoint($0, runID: request.runID)] } ?? []) + [end],
        lastID: batch?.lastID ?? run.storedID, request: request, checkpoint: run.checkpoint)
    }
  }

  func write(_ runID: UUID, _ run: OpenRun) -> Write? {
    let batch = batch(run.log.events(after: run.storedID), runID: runID)
    var changes: [RunChange] = batch.map { [.append($0)] } ?? []
    if let checkpoint = run.checkpoint { changes.append(.checkpoint(checkpoint, runID: runID)) }
    guard !changes.isEmpty else { return nil }
    return Write(
      runID: runID, changes: changes, lastID: batch?.lastID ?? run.storedID, checkpoint: run.checkpoint)
  }

  /// After a failure the store is asked what it has of the runs that were being written: a transaction may have taken effect
  /// though nobody said so. What is there is not written again.
  func withoutWhatIsStored(_ writes: [Write]) async throws -> [Write] {
    let uncertain = state.withLock { $0.uncertain.intersection(writes.map(\.runID)) }
    guard !uncertain.isEmpty else { return writes }
    var stored: [UUID: Int] = [:]
    for id in uncertain { stored[id] = try await store.run(id: id)?.lastEventID }
    return state.withLock { state in
      state.uncertain.subtract(uncertain)
      return writes.compactMap { former in
        guard let lastID = stored[former.runID], var run = state.open[former.runID], lastID > run.storedID
        else { return former }
        run.storedID = lastID
        state.open[former.runID]?.storedID = lastID
        run.checkpoint = former.checkpoint
        return former.request.map { write($0, run) } ?? write(former.runID, run)
      }
    }
  }

  private func batch(_ events: [LoggedEvent], runID: UUID) -> RunLogBatch? {
    guard let first = events.first, let last = events.last else { return nil }
    do {
      return RunLogBatch(
        runID: runID, firstID: first.id, lastID: last.id, tokenCount: events.count(where: \.isToken),
        payload: try RunLogCodec.encode(events))
    } catch {
      logger.error("Events could not be encoded", metadata: ["run_id": "\(runID)", "error": "\(error)"])
      return nil
    }
  }
}

extension LoggedEvent {
  var isToken: Bool {
    if case .token = event { return true }
    return false
  }
}
