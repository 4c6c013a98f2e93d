import NIOCore

/// Writes what a reader of a run has not had yet to its connection, on the connection's own event loop.
///
/// It stands at the front of the channel, between HTTP and the socket: frames come with the marks of chunked coding around
/// them and need nothing from the handlers behind it. A connection that takes no more is left alone until it does; what
/// comes meanwhile waits in the log.
final class EventStreamHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = IOData
  typealias OutboundOut = IOData

  /// One stream writes so many bytes before the others of its event loop get their turn.
  private static let turnLimit = 128 * 1_024

  private let reader: RunReader
  private let heartbeat: Duration
  private let time: RunTime
  private let dispatcher: StreamDispatcher
  private let onEnd: @Sendable () -> Void
  private var context: ChannelHandlerContext?
  private var feed: EventStreamFeed?
  private var isWriting = false

  /// - Parameters:
  ///   - heartbeat: the silence after which the client hears something.
  ///   - onEnd: called once, when nothing more will be written; the handler has left the channel then.
  init(
    reader: RunReader, heartbeat: Duration, time: RunTime, dispatcher: StreamDispatcher,
    onEnd: @escaping @Sendable () -> Void
  ) {
    self.reader = reader
    self.heartbeat = heartbeat
    self.time = time
    self.dispatcher = dispatcher
    self.onEnd = onEnd
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let now = time.now()
    let feed = EventStreamFeed(
      self, reader: reader, dispatcher: dispatcher, loop: context.eventLoop, heartbeat: heartbeat, now: now)
    self.feed = feed
    reader.follow(with: feed)
    if context.channel.isActive { write(now: now) } else { end() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    end()
  }

  func channelInactive(context: ChannelHandlerContext) {
    context.fireChannelInactive()
    end()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    context.fireChannelWritabilityChanged()
    if context.channel.isWritable { write(now: time.now()) }
  }

  /// Writes what there is.
  func write(now: Duration) {
    // Sending may tell that the channel takes more while this is still at it.
    guard !isWriting, let context, let feed else { return }
    isWriting = true
    defer { isWriting = false }
    feed.beginTurn()
    if reader.isDetached { return end() }
    var byteCount = 0
    while context.channel.isWritable {
      switch reader.read() {
      case .frames(let frames, let hasMore):
        send(frames, context)
        feed.noteWrite(now)
        guard hasMore else { return }
        byteCount += frames.byteCount
        if byteCount >= Self.turnLimit { return feed.logChanged() }
      case .pending:
        guard feed.isHeartbeatDue(now) else { return }
        send(EventFrameEncoder.heartbeatFrames, context)
        return feed.noteWrite(now)
      case .ended: return end()
      }
    }
    // Nobody need call until the channel takes more.
    feed.endTurnFull()
  }

  private func send(_ frames: EventFrames, _ context: ChannelHandlerContext) {
    context.writeAndFlush(wrapOutboundOut(.byteBuffer(frames.httpChunk)), promise: nil)
  }

  private func end() {
    guard feed != nil else { return }
    feed = nil
    reader.unfollow()
    if let context { context.pipeline.syncOperations.removeHandler(context: context, promise: nil) }
    context = nil
    onEnd()
  }
}
