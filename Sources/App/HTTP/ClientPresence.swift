import NIOCore
import Synchronization

/// Tells whether the client of a connection is still there.
///
/// A handler that only writes learns nothing of a client that has left until its second write fails. The event loop
/// knows at once: the client's end of stream arrives as an event, also while nothing is read. This passes it on, and
/// leaves the connection usable for the next request, which reading the request's body to its end would not.
final class ClientPresence: Sendable {
  private struct State {
    var isGone = false
    var actions: [Int: @Sendable () -> Void] = [:]
    var nextID = 0
  }

  private let state = Mutex(State())

  /// Calls `action` once, from the event loop, when the client goes; at once when it has gone already.
  /// - Returns: an id for ``forget(_:)``.
  func onGone(_ action: @escaping @Sendable () -> Void) -> Int {
    let (id, isGone) = state.withLock { state in
      state.nextID += 1
      if !state.isGone { state.actions[state.nextID] = action }
      return (state.nextID, state.isGone)
    }
    if isGone { action() }
    return id
  }

  func forget(_ id: Int) {
    state.withLock { $0.actions[id] = nil }
  }

  fileprivate func leave() {
    let actions = state.withLock { state in
      state.isGone = true
      defer { state.actions = [:] }
      return state.actions.values.map { $0 }
    }
    for action in actions { action() }
  }
}

/// Watches one connection. A client that closes its sending half counts as gone.
final class ClientPresenceHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  let presence = ClientPresence()

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { presence.leave() }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    presence.leave()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    presence.leave()
  }
}

extension Channel {
  /// - Returns: `nil` when the channel has been closed already.
  func clientPresence() async -> ClientPresence? {
    try? await eventLoop.submit {
      try self.pipeline.syncOperations.handler(type: ClientPresenceHandler.self).presence
    }.get()
  }
}
