/// Fetches a file, piece by piece.
public struct HTTPDownload: Sendable {
  /// What is wrong, for whoever asked for the file.
  public enum Failure: Error, Sendable, Hashable {
    /// Not an address of `http` or `https`.
    case invalidAddress
    /// The address leads to this machine, its network, or another place that is not public.
    case privateAddress
    case unresolved
    case unreachable
    case insecure
    case brokenOff
    case timedOut
    case tooLarge
  }

  /// What came before the file.
  public struct Head: Sendable, Hashable {
    public var status: Int
    public var contentType: String?
    public var contentDisposition: String?
    /// Where a redirect leads.
    public var location: String?
  }

  private let transport: HTTPTransport
  private let allowsPrivateAddresses: Bool

  /// - Parameter allowsPrivateAddresses: whether any address may be connected to. Otherwise the address that a name means is
  ///   checked when the connection is made.
  public init(transport: HTTPTransport, allowsPrivateAddresses: Bool) {
    self.transport = transport
    self.allowsPrivateAddresses = allowsPrivateAddresses
  }

  /// Sends a GET. Redirects are not followed.
  ///
  /// - Parameters:
  ///   - limit: the longest body in bytes.
  ///   - receive: called with each piece, in order; a slow one slows the connection down. Not called for other answers than
  ///     200.
  /// - Throws: ``Failure``, `CancellationError`, or what `receive` throws.
  public func get(
    _ url: String, headers: [(name: String, value: String)] = [], limit: Int, timeout: Duration,
    receive: (_ head: Head, _ piece: [UInt8]) async throws -> Void
  ) async throws -> Head {
    let request = HTTPRequest(
      url: url, headers: headers, timeout: timeout, reachesPublicAddressesOnly: !allowsPrivateAddresses)
    do {
      return try await transport.withExchange(request, decoder: DownloadDecoder(limit: limit)) { exchange in
        var head: Head?
        while let batch = try await exchange.next() {
          for element in batch {
            switch element {
            case .head(let new):
              head = new
              guard new.status == 200 else { return new }
            case .piece(let bytes):
              if let head { try await receive(head, bytes) }
            }
          }
        }
        guard let head else { throw Failure.brokenOff }
        return head
      }
    } catch let error as HTTPTransportError {
      if error.kind == .cancelled { throw CancellationError() }
      throw Failure(error)
    }
  }
}

extension HTTPDownload.Failure {
  fileprivate init(_ error: HTTPTransportError) {
    self =
      switch error.kind {
      case .invalidRequest: .invalidAddress
      case .refusedAddress: .privateAddress
      case .unresolved: .unresolved
      case .unreachable: .unreachable
      case .insecure: .insecure
      case .timedOut: .timedOut
      case .brokenOff, .closed, .cancelled: .brokenOff
      }
  }
}

/// Hands on the head and the pieces of a body.
private struct DownloadDecoder: ResponseDecoder {
  enum Element: Sendable {
    case head(HTTPDownload.Head)
    case piece([UInt8])
  }

  let limit: Int
  private var byteCount = 0

  init(limit: Int) {
    self.limit = limit
  }

  var isComplete: Bool { false }

  mutating func receive(_ head: HTTPResponseHead, into batch: inout [Element]) throws {
    if head.status == 200, let length = head["content-length"].flatMap({ Int($0) }), length > limit {
      throw HTTPDownload.Failure.tooLarge
    }
    batch.append(
      .head(
        .init(
          status: head.status, contentType: head["content-type"],
          contentDisposition: head["content-disposition"], location: head["location"])))
  }

  mutating func receive(_ bytes: UnsafeRawBufferPointer, into batch: inout [Element]) throws {
    byteCount += bytes.count
    guard byteCount <= limit else { throw HTTPDownload.Failure.tooLarge }
    batch.append(.piece(Array(bytes)))
  }

  mutating func finish(_ error: HTTPTransportError?, into batch: inout [Element]) throws {
    if let error { throw error }
  }
}
