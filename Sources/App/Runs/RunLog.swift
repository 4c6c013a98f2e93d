import Foundation
import Graph
import NIOCore
import Synchronization

/// The log of one run: append-only, numbered from 1 without a gap. Every connection is a reader with a position in it.
///
/// The run appends and never waits; readers pull. A reader that stops reading costs nothing here, for what it has not
/// read is not queued for it: it is read from the log when it comes back, several tokens joined in one frame if it is
/// far behind. Tokens are kept as one text and their end offsets.
final class RunLog: Sendable {
  /// How far behind a reader may be and still get a frame for each token. Beyond, tokens are joined: catching up with
  /// fewer, larger frames is what lets a reader catch up at all.
  static let joinThreshold = 32

  /// How many bytes a reader takes at once. What a client does not read waits in its connection's buffers, so this bounds
  /// what ten thousand clients that stopped reading cost; larger pieces do not make one that reads any faster.
  static let chunkLimit = 12 * 1_024

  /// One event. Tokens are told apart because they are most of a log and need no bytes of their own.
  fileprivate enum Entry {
    case token(textEnd: Int, milliseconds: Int64)
    case event(RunEvent, milliseconds: Int64)
  }

  fileprivate struct State {
    var entries: [Entry] = []
    var text: [UInt8] = []
    var tokenCount = 0
    /// The newest event's frame, for the readers that have read everything else: encoded once for all of them.
    var newestFrame = ByteBuffer()
    var isEnded = false
    /// Whether the end is elsewhere; see ``abandon()``.
    var isAbandoned = false
    /// Set once the end is being stored: only the terminal event may follow what is stored with it.
    var isSealed = false
    /// What readers may have while the store cannot be written; `nil` for everything.
    var heldID: Int?
    /// The id before the first event's: 0, but for a replay that goes on from a client's position.
    let baseID: Int
    var waiters: [ObjectIdentifier: Waiter] = [:]
  }

  fileprivate struct Waiter {
    var continuation: CheckedContinuation<WakeReason, Never>
    var since: Duration
  }

  /// Why a waiting reader was woken.
  enum WakeReason: Sendable {
    case changed, heartbeat, detached
  }

  /// What a reader gets when it reads.
  enum Chunk: Sendable {
    /// Whole frames, and the id of the last event in them.
    case frames(ByteBuffer, lastID: Int)
    /// Nothing new yet.
    case pending
    /// The terminal event has been read: nothing will follow.
    case ended
  }

  private let time: RunTime
  private let state: Mutex<State>

  /// - Parameter baseID: the id before that of the first event.
  init(time: RunTime, baseID: Int = 0) {
    self.time = time
    state = Mutex(State(baseID: baseID))
  }

  // MARK: The run's side

  /// Appends an event and wakes the readers. After a terminal event nothing is appended any more.
  /// - Parameter milliseconds: when it happened, since 1970; now, if it is not given.
  func append(_ event: RunEvent, milliseconds: Int64? = nil) {
    let milliseconds = milliseconds ?? time.date().millisecondsSinceEpoch
    let waiters = state.withLock { state -> [ObjectIdentifier: Waiter] in
      guard !state.isEnded, !state.isSealed || event.isTerminal else { return [:] }
      state.append(event, milliseconds: milliseconds)
      return state.takeWaiters()
    }
    for waiter in waiters.values { waiter.continuation.resume(returning: .changed) }
  }

  /// Appends stored events to a log that follows the store. Those that it has are left out, whoever else appends.
  func append(stored events: [LoggedEvent]) {
    let waiters = state.withLock { state -> [ObjectIdentifier: Waiter] in
      var hasNews = false
      for logged in events where logged.id == state.lastID + 1 && !state.isEnded {
        state.append(logged.event, milliseconds: logged.milliseconds)
        hasNews = true
      }
      return hasNews ? state.takeWaiters() : [:]
    }
    for waiter in waiters.values { waiter.continuation.resume(returning: .changed) }
  }

  /// Lets nothing but a terminal event follow.
  /// - Returns: the id that the terminal event will have.
  func seal() -> Int {
    state.withLock { state in
      state.isSealed = true
      return state.lastID + 1
    }
  }

  /// Shows readers nothing beyond the newest event of this moment, until ``release()``: what could not be stored must not be
  /// shown for long, or the answer that others find later would lack it.
  func hold() {
    state.withLock { state in if state.heldID == nil { state.heldID = state.lastID } }
  }

  /// Whether it ended without its run's end: who wants that finds it in the store.
  var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  var isHeld: Bool { state.withLock { $0.heldID != nil } }

  /// Shows readers everything again.
  func release() {
    let waiters = state.withLock { state -> [ObjectIdentifier: Waiter] in
      guard state.heldID != nil, !state.isAbandoned else { return [:] }
      state.heldID = nil
      return state.takeWaiters()
    }
    for waiter in waiters.values { waiter.continuation.resume(returning: .changed) }
  }

  /// Ends the log without a terminal event: another process has the run's end, and readers find it by coming back. One that
  /// is held back counts for nothing; one that was shown stays.
  func abandon() {
    let waiters = state.withLock { state -> [ObjectIdentifier: Waiter] in
      if !state.isEnded || state.heldID != nil { state.isAbandoned = true }
      state.isEnded = true
      return state.takeWaiters()
    }
    for waiter in waiters.values { waiter.continuation.resume(returning: .changed) }
  }

  var lastID: Int { state.withLock { $0.lastID } }
  var tokenCount: Int { state.withLock { $0.tokenCount } }
  /// The answer so far.
  var text: String { state.withLock { String(decoding: $0.text, as: UTF8.self) } }
  /// The event that ended the run.
  var terminalEvent: RunEvent? {
    state.withLock { state in
      guard state.isEnded, !state.isAbandoned, case .event(let event, _) = state.entries.last,
        event.isTerminal
      else {
        return nil
      }
      return event
    }
  }

  /// The events after an id, one by one, to be stored.
  func events(after id: Int) -> [LoggedEvent] {
    state.withLock { $0.events(after: id) }
  }

  // MARK: The readers' side

  /// Everything after an id, up to `limit` bytes (and one event more, so that it always goes on).
  /// - Parameter id: 0 reads from the beginning. An id beyond the newest event waits for what follows it.
  func read(after id: Int, limit: Int = chunkLimit) -> Chunk {
    state.withLock { $0.read(after: id, limit: limit) }
  }

  /// Waits until there is more than `id`, a heartbeat is due, or the reader is detached.
  func wait(after id: Int, reader: ObjectIdentifier, isDetached: () -> Bool) async -> WakeReason {
    await withCheckedContinuation { continuation in
      let reason: WakeReason? = state.withLock { state in
        if isDetached() { return .detached }
        if state.visibleID > id || state.isEnded { return .changed }
        state.waiters[reader] = Waiter(continuation: continuation, since: time.now())
        return nil
      }
      if let reason { continuation.resume(returning: reason) }
    }
  }

  /// Wakes a reader whose client has gone.
  func wakeDetached(_ reader: ObjectIdentifier) {
    let waiter = state.withLock { $0.waiters.removeValue(forKey: reader) }
    waiter?.continuation.resume(returning: .detached)
  }

  /// Wakes the readers that have had nothing for `silence`.
  func wakeForHeartbeat(silence: Duration) {
    let now = time.now()
    let due = state.withLock { state -> [Waiter] in
      let readers = state.waiters.filter { now - $0.value.since >= silence }
      for reader in readers.keys { state.waiters[reader] = nil }
      return Array(readers.values)
    }
    for waiter in due { waiter.continuation.resume(returning: .heartbeat) }
  }
}

extension RunLog.State {
  fileprivate var lastID: Int { baseID + entries.count }
  /// The newest event that readers may have.
  fileprivate var visibleID: Int { min(lastID, heldID ?? .max) }

  fileprivate mutating func append(_ event: RunEvent, milliseconds: Int64) {
    if case .token(let token) = event {
      text.append(contentsOf: token.utf8)
      tokenCount += 1
      entries.append(.token(textEnd: text.count, milliseconds: milliseconds))
    } else {
      entries.append(.event(event, milliseconds: milliseconds))
      isEnded = event.isTerminal
    }
    var frame = ByteBuffer()
    EventFrameEncoder.append(event, id: lastID, milliseconds: milliseconds, to: &frame)
    newestFrame = frame
  }

  fileprivate mutating func takeWaiters() -> [ObjectIdentifier: RunLog.Waiter] {
    guard !waiters.isEmpty else { return [:] }
    defer { waiters.removeAll(keepingCapacity: true) }
    return waiters
  }

  fileprivate func events(after id: Int) -> [LoggedEvent] {
    let first = max(0, id - baseID)
    guard first < entries.count else { return [] }
    var start = textStart(at: first)
    return (first..<entries.count).map { index in
      switch entries[index] {
      case .token(let end, let milliseconds):
        defer { start = end }
        let token = String(decoding: text[start..<end], as: UTF8.self)
        return LoggedEvent(id: baseID + index + 1, milliseconds: milliseconds, event: .token(token))
      case .event(let event, let milliseconds):
        return LoggedEvent(id: baseID + index + 1, milliseconds: milliseconds, event: event)
      }
    }
  }

  fileprivate func read(after id: Int, limit: Int) -> RunLog.Chunk {
    let visibleID = visibleID
    guard id < visibleID else { return isEnded ? .ended : .pending }
    var next = max(0, id - baseID)
    if next == entries.count - 1 { return .frames(newestFrame, lastID: lastID) }
    let end = visibleID - baseID
    let joins = end - next > RunLog.joinThreshold
    var buffer = ByteBuffer()
    while next < end, buffer.readableBytes < limit {
      next = appendFrame(
        at: next, before: end, joining: joins, limit: limit - buffer.readableBytes, to: &buffer)
    }
    return .frames(buffer, lastID: baseID + next)
  }

  /// Writes the event at an index, or the tokens from there on, none at or after `last`.
  /// - Returns: the index after what was written.
  private func appendFrame(
    at index: Int, before last: Int, joining: Bool, limit: Int, to buffer: inout ByteBuffer
  ) -> Int {
    guard case .token(var end, var milliseconds) = entries[index] else {
      if case .event(let event, let milliseconds) = entries[index] {
        EventFrameEncoder.append(event, id: baseID + index + 1, milliseconds: milliseconds, to: &buffer)
      }
      return index + 1
    }
    let start = textStart(at: index)
    var next = index + 1
    while joining, next < last, end - start < limit,
      case .token(let followingEnd, let followingMilliseconds) = entries[next]
    {
      (end, milliseconds, next) = (followingEnd, followingMilliseconds, next + 1)
    }
    let token = String(decoding: text[start..<end], as: UTF8.self)
    EventFrameEncoder.append(.token(token), id: baseID + next, milliseconds: milliseconds, to: &buffer)
    return next
  }

  /// Where the text of the token at an index begins: where the token before it ended. Events may stand between two
  /// tokens, so it looks back over them.
  private func textStart(at index: Int) -> Int {
    var index = index - 1
    while index >= 0 {
      if case .token(let end, _) = entries[index] { return end }
      index -= 1
    }
    return 0
  }
}
