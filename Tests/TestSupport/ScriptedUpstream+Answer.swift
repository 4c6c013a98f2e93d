import NIOCore
import NIOPosix
import Synchronization

extension ScriptedUpstream {
  /// Writes one response, piece by piece. Every call returns when the piece was given to the socket.
  public final class Answer: Sendable {
    private struct State {
      var isChunked = false
      var isComplete = false
      var sentBytes = 0
    }

    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private let channel: any Channel
    private let state = Mutex(State())

    init(outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, channel: any Channel) {
      self.outbound = outbound
      self.channel = channel
    }

    /// Whether the response ended as HTTP wants it, so that its connection can take another request.
    var isComplete: Bool { state.withLock { $0.isComplete } }

    /// How many bytes of bodies the socket has taken.
    public var sentBytes: Int { state.withLock { $0.sentBytes } }

    // MARK: HTTP

    /// Sends a status and headers; the body follows in chunks.
    public func head(_ status: Int = 200, _ headers: [String: String] = [:]) async throws {
      state.withLock { $0.isChunked = true }
      let lines = headers.merging(["transfer-encoding": "chunked"]) { given, _ in given }
      try await outbound.write(ByteBuffer(string: Self.head(status, lines)))
    }

    /// Sends the head of an event stream.
    public func streamHead() async throws {
      try await head(200, ["content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"])
    }

    /// Sends a whole response.
    public func respond(
      _ status: Int, _ headers: [String: String] = [:], body: String = "", type: String = "application/json"
    ) async throws {
      let lines = headers.merging(["content-type": type, "content-length": "\(body.utf8.count)"]) {
        given, _ in given
      }
      try await outbound.write(ByteBuffer(string: Self.head(status, lines) + body))
      state.withLock { $0.isComplete = true }
    }

    /// Sends a piece of the body.
    /// - Parameter isLast: ends the body in the same write, as most servers do.
    public func send(_ bytes: some Collection<UInt8> & Sendable, isLast: Bool = false) async throws {
      guard !bytes.isEmpty else { return }
      var buffer = ByteBuffer()
      buffer.writeString(String(bytes.count, radix: 16) + "\r\n")
      buffer.writeBytes(bytes)
      buffer.writeString(isLast ? "\r\n0\r\n\r\n" : "\r\n")
      try await outbound.write(buffer)
      state.withLock { state in
        state.sentBytes += bytes.count
        state.isComplete = isLast
      }
    }

    public func send(_ text: String, isLast: Bool = false) async throws {
      try await send(Array(text.utf8), isLast: isLast)
    }

    /// Ends a body that was sent in chunks.
    public func finish() async throws {
      try await outbound.write(ByteBuffer(string: "0\r\n\r\n"))
      state.withLock { $0.isComplete = true }
    }

    // MARK: Ends that HTTP does not want

    /// Waits until the client closes the connection, or the test is over.
    public func hang() async throws {
      let closed = OneTimeSignal<Void>()
      channel.closeFuture.whenComplete { _ in closed.fire() }
      try await closed.value()
    }

    /// Closes the connection in the ordinary way (FIN).
    public func cut() async throws {
      try await channel.close()
    }

    /// Closes the connection with a reset (RST).
    public func reset() async throws {
      try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
      try await channel.close()
    }

    private static func head(_ status: Int, _ headers: [String: String]) -> String {
      let lines = headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
      return "HTTP/1.1 \(status) Scripted\r\n\(lines)\r\n"
    }
  }
}

extension ScriptedUpstream.Answer {
  // MARK: Chat completions

  /// One frame with a piece of the answer.
  public func token(_ text: String) async throws { try await send(Self.tokenFrame(text)) }

  /// A comment, as servers send it to keep a connection alive.
  public func comment(_ text: String = "keep-alive") async throws { try await send(": \(text)\n\n") }

  /// The frames that end an answer, and the end of the response.
  public func end(
    reason: String = "stop", usage: (prompt: Int, completion: Int)? = (11, 7), done: Bool = true
  ) async throws {
    var frames = Self.frame(#"{"choices":[{"index":0,"delta":{},"finish_reason":"\#(reason)"}]}"#)
    if let usage {
      frames += Self.frame(
        """
        {"choices":[],"usage":{"prompt_tokens":\(usage.prompt),"completion_tokens":\(usage.completion),\
        "total_tokens":\(usage.prompt + usage.completion)}}
        """)
    }
    if done { frames += Self.frame("[DONE]") }
    try await send(frames, isLast: true)
  }

  /// A whole answer. `gate`, when there is one, is passed before every token.
  public func stream(tokens: [String], gate: StepGate? = nil) async throws {
    try await streamHead()
    for token in tokens {
      try await gate?.pass()
      try await self.token(token)
    }
    try await end()
  }

  /// The answer to `GET /v1/models`.
  public func models(_ ids: [String]) async throws {
    let entries = ids.map { #"{"id":"\#($0)","object":"model"}"# }.joined(separator: ",")
    try await respond(200, body: #"{"object":"list","data":[\#(entries)]}"#)
  }

  public static func frame(_ data: String) -> String { "data: \(data)\n\n" }

  public static func tokenFrame(_ text: String) -> String {
    frame(#"{"choices":[{"index":0,"delta":{"content":\#(jsonString(text))},"finish_reason":null}]}"#)
  }

  /// A JSON string that leaves everything above ASCII as it is, so that frames can be cut inside a character.
  public static func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default:
        if scalar.value < 0x20 {
          let hex = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
