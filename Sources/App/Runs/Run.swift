import Crypto
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
  /// Whose run it is, for the limit of each client; `nil` when it is not counted.
  let client: String?
  /// What was asked, to tell a repeated request from another one with the same id.
  let fingerprint: RunFingerprint
  let log: RunLog
  /// Set when the run shall end early.
  let cancellation = OneShot<CancelReason>()
  /// Set when the run may begin its work; until then it waits in the queue.
  let place = OneShot<Void>()
  /// Set when the run has ended: its answer is stored, its upstream connection closed, its terminal event in the log.
  let completion = OneShot<Status>()

  private struct State {
    var readerCount = 0
    var isMirror = false
    var messageID: UUID?
    var parentID: UUID?
  }

  private let state = Mutex(State())

  init(id: UUID, sessionID: UUID, client: String? = nil, fingerprint: RunFingerprint, log: RunLog) {
    self.id = id
    self.sessionID = sessionID
    self.client = client
    self.fingerprint = fingerprint
    self.log = log
  }

  var status: Status { completion.value ?? .running }

  /// Lets go of a run that is not this process's any more: its readers come back to find what is stored of it.
  func abandon() {
    log.abandon()
    cancellation.fulfil(.shutdown)
  }

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

  /// Whether another node works on the run, and its log here only follows what is stored; see ``RunMirror``.
  var isMirror: Bool {
    get { state.withLock { $0.isMirror } }
    set { state.withLock { $0.isMirror = newValue } }
  }

  var hasReaders: Bool { state.withLock { $0.readerCount > 0 } }

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
}

/// The parts of a request that make it the same request.
struct RunFingerprint: Sendable, Hashable, Codable {
  var message: String
  /// `nil` when the client left it to the server.
  var sessionID: UUID?
  var parentID: UUID?
  /// The interrupted run that is to be continued.
  var continues: UUID?

  /// What of it is stored: the same for the same request, also after a restart.
  var digest: String {
    let parts = [message, sessionID?.wireString, parentID?.wireString, continues?.wireString]
    var hash = SHA256()
    for part in parts {
      let bytes = part.map { Data($0.utf8) }
      // The length tells the parts apart, and one that is missing from one that is empty.
      withUnsafeBytes(of: Int64(bytes?.count ?? -1).littleEndian) { hash.update(bufferPointer: $0) }
      if let bytes { hash.update(data: bytes) }
    }
    return hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// What a client asks for.
struct RunRequest: Sendable, Hashable {
  var message: String
  var sessionID: UUID?
  var runID: UUID?
  /// The place in the conversation; see ``TurnPlanner/place(_:in:)``.
  var parentID: UUID?
  /// The interrupted run whose answer is to be finished; the message is not used then.
  var continues: UUID?
  /// Who asks, as far as it is known: the address at the other end of the connection.
  var client: String?

  var fingerprint: RunFingerprint {
    RunFingerprint(
      message: message, sessionID: continues == nil ? sessionID : nil, parentID: parentID,
      continues: continues)
  }
}
