import NIOCore
import Synchronization

/// Gives the streams of one event loop that have something to write their turns.
///
/// However many tokens come at once and for however many connections, the event loop is woken once and serves them all.
final class StreamDispatcher: Sendable {
  private let loop: any EventLoop
  private let time: RunTime
  private let waiting = Mutex<[EventStreamFeed]>([])

  init(loop: any EventLoop, time: RunTime) {
    self.loop = loop
    self.time = time
  }

  func schedule(_ feed: EventStreamFeed) {
    let isFirst = waiting.withLock { waiting in
      waiting.append(feed)
      return waiting.count == 1
    }
    if isFirst { loop.execute { self.giveTurns() } }
  }

  private func giveTurns() {
    let feeds = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    let now = time.now()
    for feed in feeds { feed.takeTurn(now: now) }
  }
}

/// The dispatcher of each event loop.
final class StreamDispatchers: Sendable {
  private let time: RunTime
  private let dispatchers = Mutex<[ObjectIdentifier: StreamDispatcher]>([:])

  init(time: RunTime) {
    self.time = time
  }

  subscript(loop: any EventLoop) -> StreamDispatcher {
    dispatchers.withLock { dispatchers in
      let id = ObjectIdentifier(loop)
      if let dispatcher = dispatchers[id] { return dispatcher }
      let dispatcher = StreamDispatcher(loop: loop, time: time)
      dispatchers[id] = dispatcher
      return dispatcher
    }
  }
}
