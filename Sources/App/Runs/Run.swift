import Foundation
import Graph
import Synchronization

/// One run: its identity, its log, and the signals that end it.
///
/// A run is not its connection: readers come and go, and only their number matters here.
final class Run: Sendable {
  /// The state of a run as `GET /chat/runs/{id}` tells it.
  enum Status: String, Sendable, Codable {
    case running, done, cancelled, error, interrupted
  }

  let id: UUID
  let sessionID: UUID
  /// What was asked, to tell a repeated request from another one with the same id.
  let fingerprint: RunFingerprint
  let log: RunLog
  /// Set when the run shall end early.
  let cancellation = OneShot<CancelReason>()
  /// Set when the run has ended: its answer is stored, its upstream connection closed, its terminal event in the log.
  let completion = OneShot<Status>()

  private struct State {
    var readerCount = 0
    var messageID: UUID?
    var parentID: UUID?
  }

  private let state = Mutex(State())

  init(id: UUID, sessionID: UUID, fingerprint: RunFingerprint, log: RunLog) {
    self.id = id
    self.sessionID = sessionID
    self.fingerprint = fingerprint
    self.log = log
  }

  var status: Status { completion.value ?? .running }

  /// The assistant message that the run writes, and the user message that it answers; set when the run has its turn.
  var messageIDs: (message: UUID?, parent: UUID?) {
    get { state.withLock { ($0.messageID, $0.parentID) } }
    set {
      state.withLock {
        $0.messageID = newValue.message
        $0.parentID = newValue.parent
      }
    }
  }

  /// - Returns: the number of readers with this one.
  @discardableResult
  func addReader() -> Int {
    state.withLock {
      $0.readerCount += 1
      return $0.readerCount
    }
  }

  /// - Returns: the number of readers that are left.
  func removeReader() -> Int {
    state.withLock {
      $0.readerCount -= 1
      return $0.readerCount
    }
  }

  var readerCount: Int { state.withLock { $0.readerCount } }
}

/// The parts of a request that make it the same request.
struct RunFingerprint: Sendable, Hashable {
  var message: String
  /// `nil` when the client left it to the server.
  var sessionID: UUID?
  var parentID: UUID?
}

/// What a client asks for.
struct RunRequest: Sendable, Hashable {
  var message: String
  var sessionID: UUID?
  var runID: UUID?
  var parentID: UUID?

  var fingerprint: RunFingerprint {
    RunFingerprint(message: message, sessionID: sessionID, parentID: parentID)
  }
}
