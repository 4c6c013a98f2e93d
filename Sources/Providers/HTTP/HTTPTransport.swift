internal import CCurl
import Foundation

/// The connections to every upstream server: libcurl's multi interface on one thread of its own.
///
/// Make one for the process, share it among the models, and close it at the end.
public final class HTTPTransport: Sendable {
  /// What can be set.
  public struct Configuration: Sendable {
    /// The longest that a name look-up, a TCP connection and a TLS handshake may take together.
    public var connectTimeout: Duration
    /// How many idle connections are kept for the next request.
    public var idleConnections: Int
    /// How many bytes of one response may wait for their reader before its socket is no longer read.
    public var highWaterMark: Int

    public init(
      connectTimeout: Duration = .seconds(5), idleConnections: Int = 256, highWaterMark: Int = 64 * 1024
    ) {
      self.connectTimeout = connectTimeout
      self.idleConnections = idleConnections
      self.highWaterMark = highWaterMark
    }
  }

  /// How long the end of a complete response may take to arrive, so that its connection can be used again.
  static let linger: Duration = .milliseconds(20)

  private static let globalInit: CURLcode = rill_global_init()

  private let queue: TransferCommandQueue
  private let configuration: Configuration

  /// Starts the thread.
  ///
  /// - Throws: an error that describes itself, when the process has no file descriptors or memory left.
  public convenience init(configuration: Configuration = Configuration()) throws {
    try self.init(configuration: configuration, makePoller: makeSocketPoller)
  }

  init(
    configuration: Configuration, makePoller: @escaping @Sendable () throws -> any SocketPoller
  ) throws {
    guard Self.globalInit == CURLE_OK else {
      throw HTTPTransportError(kind: .closed, detail: "libcurl cannot be initialised")
    }
    self.configuration = configuration
    queue = try TransferCommandQueue()
    let thread = Thread { [queue] in
      defer { queue.end() }
      // Without its loop the transport is closed: requests fail with a clear error instead of waiting.
      guard let poller = try? makePoller() else { return }
      try? TransferLoop(queue: queue, configuration: configuration, poller: poller).run()
    }
    thread.name = "upstream"
    thread.start()
  }

  deinit {
    queue.close()
  }

  /// Ends every exchange with an error, closes every connection, and returns when the thread has let go of
  /// all of it. Later requests fail.
  public func close() async {
    queue.close()
    await queue.waitUntilEnded()
  }

  /// Sends a request and gives its exchange to `body`.
  ///
  /// When this returns or throws, the transfer is gone: its connection has been closed, or the response was
  /// whole and the connection waits for the next request. Cancelling the task closes the connection at once,
  /// whatever `body` does.
  ///
  /// - Parameter offer: offered each element on the transport's thread before anybody is woken for it; see
  ///   ``HTTPExchange``.
  /// - Throws: what `body` or `offer` threw, or `CancellationError`.
  func withExchange<Decoder: ResponseDecoder, Result>(
    _ request: consuming HTTPRequest, decoder: Decoder,
    offer: @escaping @Sendable (Decoder.Element) throws -> Bool = { _ in false },
    _ body: (HTTPExchange<Decoder>) async throws -> Result
  ) async throws -> Result {
    let id = queue.makeID()
    let exchange = HTTPExchange(
      decoder: decoder, highWaterMark: configuration.highWaterMark, offer: offer
    ) { [queue] in
      queue.send(.resume(id))
    }
    guard queue.send(.add(id, request, exchange)) else {
      throw HTTPTransportError(kind: .closed, detail: "the transport is closed")
    }
    return try await withTaskCancellationHandler {
      do {
        let result = try await body(exchange)
        queue.send(exchange.isComplete ? .release(id, within: Self.linger) : .cancel(id))
        await exchange.waitUntilEnded()
        return result
      } catch {
        queue.send(.cancel(id))
        await exchange.waitUntilEnded()
        throw error
      }
    } onCancel: {
      queue.send(.cancel(id))
    }
  }

  /// Sends a request and returns its whole response.
  /// - Parameter limit: the longest body that is accepted, in bytes.
  /// - Throws: ``HTTPTransportError`` or `CancellationError`.
  func response(to request: HTTPRequest, limit: Int) async throws -> HTTPResponse {
    try await withExchange(request, decoder: BodyCollector(limit: limit)) { exchange in
      while let batch = try await exchange.next() {
        if let response = batch.first { return response }
      }
      throw HTTPTransportError(kind: .brokenOff, detail: "no response")
    }
  }
}
