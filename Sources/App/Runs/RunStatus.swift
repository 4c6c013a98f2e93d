import Foundation
import Graph

/// What `GET /chat/runs/{id}` answers.
struct RunStatus: Sendable, Hashable {
  var sessionID: UUID
  var messageID: UUID?
  var parentID: UUID?
  var status: Run.Status
  var lastEventID: Int
  var tokenCount: Int

  init(_ run: Run) {
    sessionID = run.sessionID
    (messageID, parentID) = run.messageIDs
    status = run.status
    lastEventID = run.log.lastID
    tokenCount = run.log.tokenCount
  }

  init(_ run: StoredRun) {
    sessionID = run.record.sessionID
    messageID = run.message.id
    parentID = run.message.parentID
    status = run.status
    lastEventID = run.record.lastEventID
    tokenCount = run.record.tokenCount
  }
}

/// The run that is going on in a session.
struct ActiveRun: Sendable, Hashable {
  var runID: UUID
  var messageID: UUID?
  var parentID: UUID?
}

/// What `POST /chat/runs/{id}/stop` answers.
struct StopReceipt: Sendable, Hashable {
  var runID: UUID
  var status: Run.Status
  var lastEventID: Int
  var tokenCount: Int
  var stoppedIn: Duration
}
