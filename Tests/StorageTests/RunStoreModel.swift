import Foundation
import Graph

/// What a ``RunStore`` is expected to hold, as plain values: the sentences of the protocol written once more, in the
/// simplest way, to compare a real store with.
struct RunStoreModel {
  private(set) var sessions: [UUID: Session] = [:]
  private(set) var messages: [UUID: Message] = [:]
  /// In the order in which they began.
  private(set) var runs: [RunRecord] = []
  private(set) var logs: [UUID: [RunLogBatch]] = [:]
  private(set) var checkpoints: [String: Checkpoint] = [:]

  /// - Returns: the code with which the change is refused.
  mutating func apply(_ change: RunChange) -> StoreError.Code? {
    if case .begin(let beginning) = change { return begin(beginning) }
    guard let index = runs.firstIndex(where: { $0.id == change.runID && $0.status == .running }) else {
      return .notFound
    }
    switch change {
    case .begin: return nil
    case .append(let batch): return append(batch, to: index)
    case .checkpoint(let checkpoint, _):
      checkpoints[checkpoint.threadID] = checkpoint
      return nil
    case .end(let ending):
      if let batch = ending.batch, let refusal = append(batch, to: index) { return refusal }
      messages[ending.message.id] = ending.message
      runs[index].status = ending.message.status
      runs[index].endedAt = ending.endedAt
      if ending.message.status != .interrupted { checkpoints[runs[index].threadID] = nil }
      return nil
    }
  }

  mutating func deleteSession(_ id: UUID) -> Bool {
    guard sessions.removeValue(forKey: id) != nil else { return false }
    messages = messages.filter { $0.value.sessionID != id }
    for run in runs where run.sessionID == id {
      logs[run.id] = nil
      checkpoints[run.threadID] = nil
    }
    runs.removeAll { $0.sessionID == id }
    return true
  }

  mutating func compact(endedBefore: Date, limit: Int) -> Int {
    let due = runs.indices.filter { index in
      !runs[index].isCompacted && runs[index].endedAt.map { $0 < endedBefore } ?? false
    }
    let chosen = due.sorted { (runs[$0].endedAt ?? .distantPast) < (runs[$1].endedAt ?? .distantPast) }
      .prefix(limit)
    for index in chosen {
      runs[index].isCompacted = true
      logs[runs[index].id] = nil
    }
    return chosen.count
  }

  func log(_ runID: UUID, after id: Int, limit: Int) -> [RunLogBatch] {
    Array((logs[runID] ?? []).filter { $0.lastID > id }.prefix(limit))
  }

  private mutating func begin(_ beginning: RunBeginning) -> StoreError.Code? {
    let run = beginning.run
    guard !runs.contains(where: { $0.id == run.id }) else { return .conflict }
    if let session = beginning.newSession, sessions[session.id] != nil { return .conflict }
    guard beginning.newSession != nil || sessions[run.sessionID] != nil else { return .notFound }
    guard beginning.newMessages.allSatisfy({ messages[$0.id] == nil }) else { return .conflict }
    if let reopened = beginning.reopenedMessage, messages[reopened.id] == nil { return .notFound }
    guard !runs.contains(where: { $0.sessionID == run.sessionID && $0.status == .running }) else {
      return .conflict
    }
    if let session = beginning.newSession { sessions[session.id] = session }
    for message in beginning.newMessages {
      messages[message.id] = message
      sessions[message.sessionID]?.updatedAt = message.createdAt
    }
    if let reopened = beginning.reopenedMessage { messages[reopened.id] = reopened }
    runs.append(run)
    return nil
  }

  private mutating func append(_ batch: RunLogBatch, to index: Int) -> StoreError.Code? {
    guard batch.firstID == runs[index].lastEventID + 1 else { return .conflict }
    runs[index].lastEventID = batch.lastID
    runs[index].tokenCount += batch.tokenCount
    logs[batch.runID, default: []].append(batch)
    return nil
  }
}
