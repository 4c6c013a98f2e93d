public import Foundation

/// What is kept of one run besides the events of its log.
public struct RunRecord: Sendable, Hashable, Codable, Identifiable {
  public let id: UUID
  public let sessionID: UUID
  /// The assistant message that the run writes. A message whose answer was interrupted and continued has been written by
  /// more than one run, one after the other.
  public let messageID: UUID
  /// Tells a repeated request from another one with the same run id. Opaque to the store.
  public let fingerprint: String
  /// The thread of the run's checkpoints: a run that continues another one has that one's thread.
  public let threadID: String
  public var status: Message.Status
  /// The id of the newest event that is stored; 0 for none.
  public var lastEventID: Int
  /// How many of the stored events are tokens.
  public var tokenCount: Int
  /// Whether the events are no longer kept one by one. What is left of them is the message.
  public var isCompacted: Bool
  public let createdAt: Date
  /// `nil` while the run is going on.
  public var endedAt: Date?

  public init(
    id: UUID, sessionID: UUID, messageID: UUID, fingerprint: String, threadID: String,
    status: Message.Status = .running, lastEventID: Int = 0, tokenCount: Int = 0, isCompacted: Bool = false,
    createdAt: Date, endedAt: Date? = nil
  ) {
    self.id = id
    self.sessionID = sessionID
    self.messageID = messageID
    self.fingerprint = fingerprint
    self.threadID = threadID
    self.status = status
    self.lastEventID = lastEventID
    self.tokenCount = tokenCount
    self.isCompacted = isCompacted
    self.createdAt = createdAt
    self.endedAt = endedAt
  }
}

/// Consecutive events of one run, as they are stored.
public struct RunLogBatch: Sendable, Hashable {
  public let runID: UUID
  /// The ids of the first and the last event in it. Batches of a run follow each other without a gap.
  public let firstID: Int
  public let lastID: Int
  /// How many of the events are tokens.
  public let tokenCount: Int
  /// The events, in an encoding that the store need not know.
  public let payload: Data

  public init(runID: UUID, firstID: Int, lastID: Int, tokenCount: Int, payload: Data) {
    self.runID = runID
    self.firstID = firstID
    self.lastID = lastID
    self.tokenCount = tokenCount
    self.payload = payload
  }
}

/// One step of a run's life, as it is written to the store.
public enum RunChange: Sendable, Hashable {
  case begin(RunBeginning)
  /// More events of a running run.
  case append(RunLogBatch)
  /// The run's newest checkpoint. Older ones of its thread are forgotten.
  case checkpoint(Checkpoint, runID: UUID)
  case end(RunEnding)

  public var runID: UUID {
    switch self {
    case .begin(let beginning): beginning.run.id
    case .append(let batch): batch.runID
    case .checkpoint(_, let runID): runID
    case .end(let ending): ending.runID
    }
  }
}

/// The question, the answer's place and the run, stored before anything is done for them.
public struct RunBeginning: Sendable, Hashable {
  /// A session that this run begins; `nil` for one that is stored.
  public var newSession: Session?
  /// Messages that are stored with it, oldest first.
  public var newMessages: [Message]
  /// A stored answer that this run writes anew: it is set to this state.
  public var reopenedMessage: Message?
  public var run: RunRecord

  public init(
    newSession: Session? = nil, newMessages: [Message], reopenedMessage: Message? = nil, run: RunRecord
  ) {
    self.newSession = newSession
    self.newMessages = newMessages
    self.reopenedMessage = reopenedMessage
    self.run = run
  }
}

/// The end of a run: its last events and the finished message, which become visible together.
public struct RunEnding: Sendable, Hashable {
  public var runID: UUID
  /// The events that were not stored yet, the terminal one at their end.
  public var batch: RunLogBatch?
  /// The message as it is from now on. Its status is also that of the run.
  public var message: Message
  public var endedAt: Date

  public init(runID: UUID, batch: RunLogBatch?, message: Message, endedAt: Date) {
    self.runID = runID
    self.batch = batch
    self.message = message
    self.endedAt = endedAt
  }
}
