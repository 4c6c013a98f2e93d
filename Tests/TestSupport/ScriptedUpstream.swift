import NIOCore
import NIOPosix
import Synchronization

/// A real HTTP/1.1 server on a free loopback port whose every answer is written by the test.
///
/// ```swift
/// try await withScriptedUpstream { request, answer in
///   try await answer.stream(tokens: ["Hello", " world"])
/// } run: { upstream in
///   … upstream.baseURL …
/// }
/// ```
public final class ScriptedUpstream: Sendable {
  /// Answers one request. Connections are served one request after the other, each connection in a task of
  /// its own. A script that returns before its response is complete cuts the connection.
  public typealias Script = @Sendable (_ request: Request, _ answer: Answer) async throws -> Void

  /// A request as it arrived.
  public struct Request: Sendable {
    public let method: String
    /// With the query, for example `/v1/models`.
    public let path: String
    /// Names are in lower case.
    public let headers: [String: String]
    public let body: [UInt8]
    public let connection: Connection

    public var bodyText: String { String(decoding: body, as: UTF8.self) }
  }

  /// One connection of a client.
  public final class Connection: Sendable {
    /// Which connection this is, from 0, in the order in which they were accepted.
    public let number: Int
    private let ended = OneTimeSignal<ContinuousClock.Instant>()

    init(number: Int) { self.number = number }

    public var isClosed: Bool { ended.current != nil }

    /// Waits until the connection is closed, by either side.
    /// - Returns: when that was, as this server's event loop saw it.
    public func closed() async throws -> ContinuousClock.Instant { try await ended.value() }

    func markClosed() { ended.fire(.now) }
  }

  private struct State {
    var requests: [Request] = []
    var awaited: [Int: OneTimeSignal<Request>] = [:]
    var connections: [Connection] = []
  }

  public let port: Int
  private let state = Mutex(State())

  init(port: Int) { self.port = port }

  /// What a client takes for an OpenAI-compatible server.
  public var baseURL: String { "http://127.0.0.1:\(port)/v1" }

  /// Every request so far, in the order in which they were complete.
  public var requests: [Request] { state.withLock { $0.requests } }

  /// Every connection so far.
  public var connections: [Connection] { state.withLock { $0.connections } }

  /// Waits for the request with this number, from 0.
  public func request(_ index: Int = 0) async throws -> Request {
    let awaited = state.withLock { state -> OneTimeSignal<Request> in
      let shot = state.awaited[index] ?? OneTimeSignal()
      state.awaited[index] = shot
      if index < state.requests.count { shot.fire(state.requests[index]) }
      return shot
    }
    return try await awaited.value()
  }

  fileprivate func record(_ request: Request) {
    let shot = state.withLock { state in
      state.requests.append(request)
      return state.awaited[state.requests.count - 1]
    }
    shot?.fire(request)
  }

  fileprivate func addConnection() -> Connection {
    state.withLock { state in
      let connection = Connection(number: state.connections.count)
      state.connections.append(connection)
      return connection
    }
  }
}

/// Runs a scripted upstream for as long as `run` takes; afterwards its scripts are cancelled and its sockets
/// closed.
public func withScriptedUpstream<Result: Sendable>(
  _ script: @escaping ScriptedUpstream.Script,
  run: @Sendable (ScriptedUpstream) async throws -> Result
) async throws -> Result {
  let channels = AcceptedChannels()
  defer { channels.closeAll() }
  let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    .serverChannelOption(.backlog, value: 4096)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    // Nothing is read until a task serves the connection.
    .childChannelOption(.autoRead, value: false)
    .bind(host: "127.0.0.1", port: 0) { channel in
      channels.add(channel)
      return channel.eventLoop.makeSucceededFuture(channel)
    }
  let upstream = ScriptedUpstream(port: server.channel.localAddress?.port ?? 0)
  return try await server.executeThenClose { accepted in
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await withDiscardingTaskGroup { connections in
          do {
            for try await channel in accepted {
              let connection = upstream.addConnection()
              channel.closeFuture.whenComplete { _ in connection.markClosed() }
              connections.addTask { await upstream.serve(channel, connection, script) }
            }
          } catch {}
          connections.cancelAll()
        }
      }
      defer { group.cancelAll() }
      return try await run(upstream)
    }
  }
}

extension ScriptedUpstream {
  /// Answers the requests of one connection until either side ends it. How a connection ends is what tests
  /// look at, so errors need no further report.
  fileprivate func serve(
    _ channel: any Channel, _ connection: Connection, _ script: @escaping Script
  ) async {
    let wrapped = try? await channel.eventLoop.submit {
      try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
    }.get()
    try? await wrapped?.executeThenClose { inbound, outbound in
      try await channel.setOption(.autoRead, value: true).get()
      var parser = RequestParser()
      for try await bytes in inbound {
        parser.append(bytes)
        while let parts = parser.next() {
          let request = Request(
            method: parts.method, path: parts.path, headers: parts.headers, body: parts.body,
            connection: connection)
          let answer = Answer(outbound: outbound, channel: channel)
          record(request)
          try await script(request, answer)
          guard answer.isComplete else { return }
        }
      }
    }
  }
}

/// Every connection that was accepted, so that those which no task came to serve are closed too.
private final class AcceptedChannels: Sendable {
  private let channels = Mutex<[any Channel]>([])

  func add(_ channel: any Channel) { channels.withLock { $0.append(channel) } }

  func closeAll() {
    for channel in channels.withLock(\.self) { channel.close(promise: nil) }
  }
}
