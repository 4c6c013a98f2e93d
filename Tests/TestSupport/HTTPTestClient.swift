public import NIOCore
import NIOHTTP1
import NIOPosix

/// A small HTTP/1.1 client that shows a response as it arrives, one connection for each request.
public struct HTTPTestClient: Sendable {
  public let port: Int

  public init(port: Int) {
    self.port = port
  }

  /// A response that was read to its end.
  public struct Response: Sendable {
    public let status: Int
    /// Names are in lower case.
    public let headers: [String: String]
    public let body: String
  }

  /// Sends a request and reads the whole response.
  public func send(
    _ method: String, _ path: String, headers: [String: String] = [:], body: String? = nil
  ) async throws -> Response {
    try await send(method, path, headers: headers, bytes: body.map { Array($0.utf8) })
  }

  /// The same with a body of any bytes.
  public func send(
    _ method: String, _ path: String, headers: [String: String] = [:], bytes: [UInt8]?
  ) async throws -> Response {
    try await open(method, path, headers: headers, bytes: bytes) { stream in
      // A chunk may end in the middle of a character.
      var body = ByteBuffer()
      while var chunk = try await stream.nextChunk() { body.writeBuffer(&chunk) }
      return Response(status: stream.status, headers: stream.headers, body: String(buffer: body))
    }
  }

  /// Sends a request and gives its response to `body` while it arrives. The connection is closed when `body` returns.
  public func open<Result: Sendable>(
    _ method: String, _ path: String, headers: [String: String] = [:], body: String? = nil,
    _ consume: @Sendable (HTTPTestStream) async throws -> Result
  ) async throws -> Result {
    try await open(method, path, headers: headers, bytes: body.map { Array($0.utf8) }, consume)
  }

  /// The same with a body of any bytes.
  public func open<Result: Sendable>(
    _ method: String, _ path: String, headers: [String: String] = [:], bytes body: [UInt8]?,
    _ consume: @Sendable (HTTPTestStream) async throws -> Result
  ) async throws -> Result {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
            wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      var fields = HTTPHeaders([("host", "127.0.0.1:\(port)")])
      if let body {
        fields.add(name: "content-length", value: String(body.count))
        fields.add(name: "content-type", value: headers["content-type"] ?? "application/json")
      }
      for (name, value) in headers where name != "content-type" { fields.add(name: name, value: value) }
      let head = HTTPRequestHead(
        version: .http1_1, method: HTTPMethod(rawValue: method), uri: path, headers: fields)
      try await outbound.write(.head(head))
      if let body { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: body)))) }
      try await outbound.write(.end(nil))
      return try await consume(try await HTTPTestStream(inbound.makeAsyncIterator()))
    }
  }
}

/// A response that is being read. Used by one task.
public final class HTTPTestStream {
  public let status: Int
  /// Names are in lower case.
  public let headers: [String: String]
  private var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
  private var rest = ByteBuffer()
  /// Whether the response's end has arrived, as opposed to a connection that was cut.
  public private(set) var isComplete = false

  init(_ parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator) async throws {
    self.parts = parts
    guard case .head(let head) = try await self.parts.next() else { throw ChannelError.eof }
    status = Int(head.status.code)
    headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
  }

  /// The next piece of the body, as it came; `nil` at its end.
  public func nextChunk() async throws -> ByteBuffer? {
    while let part = try await parts.next() {
      switch part {
      case .body(let buffer): return buffer
      case .end:
        isComplete = true
        return nil
      case .head: continue
      }
    }
    return nil
  }

  /// The next block of an event stream, without its blank line: a frame, a comment, or `retry:`. `nil` at the end.
  public func nextBlock() async throws -> String? {
    while true {
      if let end = rest.readableBytesView.firstRange(of: Array("\n\n".utf8)) {
        let block = rest.readString(length: end.lowerBound - rest.readerIndex)
        rest.moveReaderIndex(forwardBy: 2)
        return block
      }
      guard var chunk = try await nextChunk() else { return nil }
      rest.writeBuffer(&chunk)
    }
  }
}
