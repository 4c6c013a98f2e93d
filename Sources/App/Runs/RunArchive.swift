import Foundation
import Graph
import Logging
import NIOCore

/// The runs in the store, for whoever comes back to one that is no longer in memory.
struct RunArchive: Sendable {
  /// Batches that are read at once: an interval's worth each, so that a long replay needs little memory.
  static let pageSize = 8

  let runs: any RunStore
  let conversations: any ConversationStore
  let time: RunTime
  let logger: Logger

  func run(id: UUID) async throws -> StoredRun? {
    guard let record = try await runs.run(id: id) else { return nil }
    return try await conversations.message(id: record.messageID).flatMap { StoredRun(record, message: $0) }
  }

  // MARK: Replaying

  /// - Throws: ``RequestError`` when the position is not one of the run's.
  func reader(of run: StoredRun, after position: Int) throws -> RunReader {
    switch try run.replay(after: position, now: now) {
    case .log:
      return RunReader(replaying: { try await page(of: run.record.id, after: $0) }, after: position)
    case .frames(let frames, let lastID):
      return RunReader(replaying: { $0 < lastID ? (frames, lastID) : nil }, after: position)
    }
  }

  /// Brings what has been stored of a run since into a log that follows it.
  /// - Returns: whether there is more to come.
  func catchUp(_ log: RunLog, runID: UUID) async throws -> Bool {
    while true {
      let batches = try await runs.log(runID: runID, after: log.lastID, limit: Self.pageSize)
      for batch in batches { log.append(stored: try decode(batch)) }
      if log.terminalEvent != nil { return false }
      if batches.count == Self.pageSize { continue }
      guard batches.isEmpty else { return true }
      guard let record = try await runs.run(id: runID) else { return false }
      if record.status == .running { return true }
      // It has ended between the two looks; if its events are gone already, they will not come.
      guard !record.isCompacted, record.lastEventID > log.lastID else { return false }
    }
  }

  /// The same for the logs of many runs at once: one look at the store for all of them.
  func catchUp(_ logs: [UUID: RunLog]) async throws {
    let positions = logs.mapValues(\.lastID)
    for batch in try await runs.logs(after: positions, limit: Self.pageSize) {
      logs[batch.runID]?.append(stored: try decode(batch))
    }
  }

  private func decode(_ batch: RunLogBatch) throws -> [LoggedEvent] {
    try RunLogCodec.decode(batch.payload, firstID: batch.firstID)
  }

  /// What a reader gets of a run that has ended before its position; `nil` when it lacks nothing.
  func ending(of run: StoredRun, after position: Int) throws -> (ByteBuffer, lastID: Int)? {
    guard case .frames(let frames, let lastID) = try run.replay(after: position, now: now) else { return nil }
    return (frames, lastID)
  }

  private var now: Int64 { time.date().millisecondsSinceEpoch }

  /// Brings a whole run back into a log that is empty yet.
  func restore(_ run: StoredRun, into log: RunLog) async throws {
    guard !run.record.isCompacted else {
      for event in run.compactedEvents { log.append(event) }
      return
    }
    try await forEachPage(of: run.record.id) { events in
      for logged in events { log.append(logged.event, milliseconds: logged.milliseconds) }
    }
  }

  /// - Returns: whole frames and the id of the last event in them; `nil` after the newest.
  private func page(of runID: UUID, after position: Int) async throws -> (ByteBuffer, lastID: Int)? {
    let events = try await events(of: runID, after: position)
    guard let last = events.last else { return nil }
    var buffer = ByteBuffer()
    for logged in events {
      EventFrameEncoder.append(logged.event, id: logged.id, milliseconds: logged.milliseconds, to: &buffer)
    }
    return (buffer, last.id)
  }

  private func events(of runID: UUID, after position: Int) async throws -> [LoggedEvent] {
    try await runs.log(runID: runID, after: position, limit: Self.pageSize).flatMap { batch in
      try RunLogCodec.decode(batch.payload, firstID: batch.firstID)
    }.filter { $0.id > position }
  }

  private func forEachPage(of runID: UUID, _ body: ([LoggedEvent]) -> Void) async throws {
    var position = 0
    while true {
      let events = try await events(of: runID, after: position)
      guard let last = events.last else { return }
      body(events)
      position = last.id
    }
  }

  // MARK: Recovery

  /// How many runs one transaction ends at the start.
  private static let recoveryBatch = 200

  /// Ends the runs that the last process left unfinished: what was written of their answers is kept, and their readers
  /// learn it when they come back. Called once, before anything else uses the store.
  /// - Returns: how many there were.
  func recover() async throws -> Int {
    var count = 0
    while true {
      let cutOff = try await runs.abandonedRuns(limit: Self.recoveryBatch)
      guard !cutOff.isEmpty else { break }
      var changes: [RunChange] = []
      for record in cutOff {
        if let ending = try await ending(of: record) { changes.append(.end(ending)) }
      }
      let ended = try await apply(changes)
      count += ended
      // What cannot be ended must not keep the others from being served.
      guard ended > 0 else { break }
    }
    // Answers that no run stands for.
    let failure = RunFailure.interrupted(messageID: nil)
    return try await count
      + conversations.interruptRunningMessages(
        errorCode: failure.code.rawValue, errorMessage: failure.message)
  }

  /// Ends runs of this process that nobody here works on any more, as if it had died in the middle of them.
  /// - Returns: how many there were.
  func end(_ ids: Set<UUID>) async throws -> Int {
    var changes: [RunChange] = []
    for id in ids {
      guard let record = try await runs.run(id: id), record.status == .running else { continue }
      if let ending = try await ending(of: record) { changes.append(.end(ending)) }
    }
    return try await apply(changes)
  }

  /// - Returns: how many changes were applied.
  private func apply(_ changes: [RunChange]) async throws -> Int {
    let errors = try await runs.apply(changes)
    for case (let change, let error?) in zip(changes, errors) {
      logger.error("A run could not be ended", metadata: ["run_id": "\(change.runID)", "error": "\(error)"])
    }
    return errors.count { $0 == nil }
  }

  private func ending(of record: RunRecord) async throws -> RunEnding? {
    guard var message = try await conversations.message(id: record.messageID) else { return nil }
    var text = ""
    var sources = message.answer?.sources ?? []
    var hasText = false
    do {
      try await forEachPage(of: record.id) { events in
        for logged in events {
          switch logged.event {
          case .token(let token):
            text += token
            hasText = true
          case .snapshot(let snapshot, _, let listed): (text, sources) = (snapshot, listed)
          case .sources(let listed): sources = listed
          default: break
          }
        }
      }
    } catch let error as RunLogCodec.Unreadable {
      logger.error("A stored log cannot be read", metadata: ["run_id": "\(record.id)", "error": "\(error)"])
    }
    let failure = RunFailure.interrupted(messageID: message.id)
    var last = [RunEvent.error(failure)]
    if hasText {
      message.content = text
    } else if !message.content.isEmpty {
      // A continuation that was cut off before its first word has not replaced what was there.
      last.insert(.snapshot(text: message.content, stage: nil, sources: sources), at: 0)
    }
    message.status = .interrupted
    message.answer?.sources = sources
    message.answer?.record(failure)
    return RunEnding(
      runID: record.id, batch: try batch(last, following: record), message: message, endedAt: time.date())
  }

  private func batch(_ events: [RunEvent], following record: RunRecord) throws -> RunLogBatch {
    let firstID = record.lastEventID + 1
    let now = now
    let logged = events.enumerated().map { LoggedEvent(id: firstID + $0, milliseconds: now, event: $1) }
    return RunLogBatch(
      runID: record.id, firstID: firstID, lastID: firstID + logged.count - 1, tokenCount: 0,
      payload: try RunLogCodec.encode(logged))
  }

  // MARK: Compaction

  /// How many runs one transaction compacts: writers wait meanwhile.
  private static let compactionBatch = 200

  /// Gives up the single events of runs that ended longer than `retention` ago.
  func compact(retention: Duration) async throws -> Int {
    let cutoff = time.date().addingTimeInterval(-retention.milliseconds / 1_000)
    var count = 0
    while true {
      let compacted = try await runs.compactRuns(endedBefore: cutoff, limit: Self.compactionBatch)
      count += compacted
      guard compacted == Self.compactionBatch else { return count }
    }
  }

  /// As ``compact(retention:)``, for a store that may be out of order now: it will be asked again.
  func compactIfPossible(retention: Duration) async {
    do {
      let count = try await compact(retention: retention)
      if count > 0 { logger.debug("Runs compacted", metadata: ["count": "\(count)"]) }
    } catch is CancellationError {
      return
    } catch {
      logger.warning("Runs could not be compacted", metadata: ["error": "\(error)"])
    }
  }
}

extension TurnPlanner {
  /// Whether a request asks what a stored run has answered.
  func isSameRequest(_ request: RunRequest, as stored: StoredRun) async throws -> Bool {
    guard stored.record.fingerprint.isEmpty else {
      return stored.record.fingerprint == request.fingerprint.digest
    }
    // Runs from before requests were remembered.
    if let sessionID = request.sessionID, sessionID != stored.record.sessionID { return false }
    guard let parentID = stored.message.parentID else { return false }
    return try await store.message(id: parentID)?.content == request.message
  }
}
