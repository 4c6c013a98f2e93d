import HTTPTypes
import NIOCore
import NIOHTTPTypes
import Synchronization

/// Counts the open connections.
final class ConnectionCounter: Sendable {
  private let limit: Int
  private let count = Atomic<Int>(0)

  /// - Parameter limit: `nil` for any number.
  init(limit: Int?) {
    self.limit = limit ?? .max
  }

  /// - Returns: whether the new connection is within the limit. It counts either way, until ``leave()``.
  func enter() -> Bool { count.add(1, ordering: .relaxed).newValue <= limit }
  func leave() { count.subtract(1, ordering: .relaxed) }
}

/// Keeps each connection, and all of them together, within bounds.
///
/// A connection beyond the limit is answered with a problem and closed: a refused client knows what to do, one in the
/// system's queue would wait without a word. The others get small buffers: what a client does not read stays in its run's
/// log, which all readers share, and not in megabytes of send buffer each.
final class ConnectionLimitHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias OutboundOut = HTTPResponsePart

  /// Bytes that the system may hold for one client; Linux doubles it for its own records. It lets 0.6 MB/s through to a client
  /// that is 100 ms away, a hundred times what the fastest model sends.
  static let sendBuffer: SocketOptionValue = 64 * 1_024
  /// Bytes that wait in the process before a writer does, and when it may go on.
  static let writeWatermarks = ChannelOptions.Types.WriteBufferWaterMark(low: 8 * 1_024, high: 16 * 1_024)
  /// How long a client may take nothing of what was sent, in milliseconds: one that is gone without a word, or does not
  /// read. It may come back to its place. Linux: `tcp(7)`, TCP_USER_TIMEOUT.
  static let unreadTimeout: SocketOptionValue = 120_000

  private let counter: ConnectionCounter
  private var isAdmitted = true
  private var isCounted = false

  init(_ counter: ConnectionCounter) {
    self.counter = counter
  }

  func handlerAdded(context: ChannelHandlerContext) {
    isAdmitted = counter.enter()
    isCounted = true
    guard let options = context.channel.syncOptions else { return }
    // A socket of another kind, as in tests, may not know them.
    try? options.setOption(.writeBufferWaterMark, value: Self.writeWatermarks)
    try? options.setOption(.socketOption(.so_sndbuf), value: Self.sendBuffer)
    #if os(Linux)
      try? options.setOption(.tcpOption(.init(rawValue: 18)), value: Self.unreadTimeout)
    #endif
  }

  func handlerRemoved(context: ChannelHandlerContext) { leave() }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isAdmitted else { return context.fireChannelRead(data) }
    guard case .head = unwrapInboundIn(data) else { return }
    let problem = RequestError.tooManyConnections
    var headers = problem.headers
    headers[.connection] = "close"
    headers[.contentLength] = String(problem.body.readableBytes)
    context.write(
      wrapOutboundOut(.head(HTTPResponse(status: problem.status, headerFields: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(problem.body)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
      context.close(promise: nil)
    }
  }

  private func leave() {
    guard isCounted else { return }
    isCounted = false
    counter.leave()
  }
}
