import NIOCore
import Synchronization

/// Hears of a log's news for one connection, from whatever thread, and has the connection's event loop write them.
final class EventStreamFeed: RunLogObserver {
  private let handler: NIOLoopBound<EventStreamHandler>
  private let reader: RunReader
  private let dispatcher: StreamDispatcher
  /// Whether the event loop will look by itself: its turn comes, or the connection takes nothing until it says so.
  private let isExpected = Atomic<Bool>(true)
  /// When the client last heard something, in milliseconds of ``RunTime``.
  private let lastWrite: Atomic<Int64>
  private let heartbeat: Int64

  /// Called on the event loop.
  /// - Parameters:
  ///   - heartbeat: the silence after which the client hears something.
  ///   - now: on the clock of ``RunTime``.
  init(
    _ handler: EventStreamHandler, reader: RunReader, dispatcher: StreamDispatcher, loop: any EventLoop,
    heartbeat: Duration, now: Duration
  ) {
    self.heartbeat = Int64(heartbeat.milliseconds)
    lastWrite = Atomic(Int64(now.milliseconds))
    self.handler = NIOLoopBound(handler, eventLoop: loop)
    self.reader = reader
    self.dispatcher = dispatcher
  }

  func logChanged() {
    let wasExpected = isExpected.exchange(true, ordering: .acquiringAndReleasing)
    // A connection that takes nothing ends all the same.
    if !wasExpected || reader.isDetached { dispatcher.schedule(self) }
  }

  /// A turn writes a heartbeat when there is nothing else.
  func timePassed(_ now: Duration) {
    if isHeartbeatDue(now) { logChanged() }
  }

  func isHeartbeatDue(_ now: Duration) -> Bool {
    Int64(now.milliseconds) - lastWrite.load(ordering: .relaxed) >= heartbeat
  }

  // MARK: The event loop

  func takeTurn(now: Duration) {
    handler.value.write(now: now)
  }

  /// What comes from now on needs another turn.
  func beginTurn() {
    isExpected.store(false, ordering: .releasing)
  }

  func noteWrite(_ now: Duration) {
    lastWrite.store(Int64(now.milliseconds), ordering: .relaxed)
  }

  /// The connection takes no more, and says when it does.
  func endTurnFull() {
    isExpected.store(true, ordering: .releasing)
  }
}
