import Foundation
import Graph
import NIOCore
import Synchronization

/// The log of one run: append-only, numbered from 1 without a gap. Every connection is a reader with a position in it.
///
/// The run appends and never waits; readers are told that there is something, and pull. A reader that stops reading
/// costs nothing here, for what it has not read is not queued for it: it is read from the log when it comes back, several
/// tokens joined in one frame if it is far behind. Tokens are kept as one text and their end offsets.
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
    indirect case event(RunEvent, milliseconds: Int64)
  }

  fileprivate struct State {
    var entries: [Entry] = []
    var text: [UInt8] = []
    var tokenCount = 0
    /// The newest event's frame, for the readers that have read everything else: encoded once for all of them, when the
    /// first of them asks.
    var newestFrame: EventFrames?
    var isEnded = false
    /// Whether the end is elsewhere; see ``abandon()``.
    var isAbandoned = false
    /// Set once the end is being stored: only the terminal event may follow what is stored with it.
    var isSealed = false
    /// What readers may have while the store cannot be written; `nil` for everything.
    var heldID: Int?
    /// The id before the first event's: 0, but for a replay that goes on from a client's position.
    let baseID: Int
    var observers: [any RunLogObserver] = []
  }

  /// What a reader gets when it reads.
  enum Chunk: Sendable {
    /// Whole frames, the id of the last event in them, and whether reading on brings something at once.
    case frames(EventFrames, lastID: Int, hasMore: Bool)
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
    tell { state in
      guard !state.isEnded, !state.isSealed || event.isTerminal else { return false }
      state.append(event, milliseconds: milliseconds)
      return true
    }
  }

  /// Appends stored events to a log that follows the store. Those that it has are left out, whoever else appends.
  func append(stored events: [LoggedEvent]) {
    tell { state in
      var hasNews = false
      for logged in events where logged.id == state.lastID + 1 && !state.isEnded {
        state.append(logged.event, milliseconds: logged.milliseconds)
        hasNews = true
      }
      return hasNews
    }
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

  /// Whether nothing follows what it has; see ``terminalEvent`` for how it ended.
  var hasEnded: Bool { state.withLock { $0.isEnded } }

  var isHeld: Bool { state.withLock { $0.heldID != nil } }

  /// Shows readers everything again.
  func release() {
    tell { state in
      guard state.heldID != nil, !state.isAbandoned else { return false }
      state.heldID = nil
      return true
    }
  }

  /// Ends the log without a terminal event: another process has the run's end, and readers find it by coming back. One that
  /// is held back counts for nothing; one that was shown stays.
  func abandon() {
    tell { state in
      if !state.isEnded || state.heldID != nil { state.isAbandoned = true }
      state.isEnded = true
      return true
    }
  }

  /// Changes the log, and tells the observers when there is something for them.
  private func tell(_ change: (inout State) -> Bool) {
    let observers = state.withLock { state in change(&state) ? state.observers : [] }
    for observer in observers { observer.logChanged() }
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

  /// Tells an observer of whatever comes from now on, until ``remove(_:)``.
  func add(_ observer: any RunLogObserver) {
    state.withLock { $0.observers.append(observer) }
  }

  func remove(_ observer: any RunLogObserver) {
    state.withLock { state in state.observers.removeAll { $0 === observer } }
  }

  /// Tells the observers what time it is, for their heartbeats.
  /// - Parameter now: on the clock of ``RunTime``.
  func tellTime(_ now: Duration) {
    for observer in state.withLock({ $0.observers }) { observer.timePassed(now) }
  }
}

/// Who reads a log, and wants to know when to.
///
/// Both calls come from wherever something happened, and with every token: an observer takes note of them and returns.
protocol RunLogObserver: AnyObject, Sendable {
  /// There may be something new to read.
  func logChanged()
  /// - Parameter now: on the clock of ``RunTime``.
  func timePassed(_ now: Duration)
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
    newestFrame = nil
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

  fileprivate mutating func read(after id: Int, limit: Int) -> RunLog.Chunk {
    let visibleID = visibleID
    guard id < visibleID else { return isEnded ? .ended : .pending }
    let start = max(0, id - baseID)
    let end = visibleID - baseID
    let isNewest = start == entries.count - 1
    if isNewest, let newestFrame { return .frames(newestFrame, lastID: lastID, hasMore: isEnded) }
    let joins = end - start > RunLog.joinThreshold
    var next = start
    let frames = EventFrames(capacity: min(limit, 256 * (end - start))) { buffer in
      while next < end, buffer.readableBytes < limit {
        next = appendFrame(
          at: next, before: end, joining: joins, limit: limit - buffer.readableBytes, to: &buffer)
      }
    }
    if isNewest { newestFrame = frames }
    return .frames(frames, lastID: baseID + next, hasMore: next < end || isEnded)
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
    text.withUnsafeBufferPointer { text in
      TokenFrameEncoder.append(
        UnsafeBufferPointer(rebasing: text[start..<end]), id: baseID + next, milliseconds: milliseconds,
        to: &buffer)
    }
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
