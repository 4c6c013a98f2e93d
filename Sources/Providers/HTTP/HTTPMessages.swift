/// A request to an upstream server.
struct HTTPRequest: Sendable {
  /// Absolute, `http` or `https`.
  var url: String
  /// In the order in which they are sent.
  var headers: [(name: String, value: String)] = []
  /// A body makes the request a POST.
  var body: [UInt8]?
  /// The longest that the whole exchange may take; `nil` is no limit.
  var timeout: Duration?
  /// Whether only addresses of the public Internet may be connected to. Such a request goes past proxies, because nobody
  /// could tell where they lead.
  var reachesPublicAddressesOnly: Bool

  init(
    url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil,
    timeout: Duration? = nil,
    reachesPublicAddressesOnly: Bool = false
  ) {
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.reachesPublicAddressesOnly = reachesPublicAddressesOnly
  }
}

/// The status line and the headers of a response.
struct HTTPResponseHead: Sendable {
  var status: Int
  /// Names are in lower case.
  var headers: [(name: String, value: String)] = []

  /// The first value of a header.
  /// - Parameter name: in lower case.
  subscript(name: String) -> String? {
    headers.first { $0.name == name }?.value
  }
}

/// A whole response.
struct HTTPResponse: Sendable {
  var head: HTTPResponseHead
  var body: [UInt8]
}

/// Why no whole response came.
struct HTTPTransportError: Error, Sendable, Hashable, CustomStringConvertible {
  enum Kind: Sendable, Hashable {
    /// The URL, or another part of the request, cannot be sent.
    case invalidRequest
    /// The server's name has no address.
    case unresolved
    /// Nobody listens, or nobody answered within the connect timeout.
    case unreachable
    /// The address is not one of the public Internet.
    case refusedAddress
    /// The TLS handshake or the check of the certificate failed.
    case insecure
    /// The connection ended in the middle of the response, or before it.
    case brokenOff
    /// The request's own timeout has passed.
    case timedOut
    /// The transport was closed.
    case closed
    /// The exchange was cancelled.
    case cancelled
  }

  let kind: Kind
  /// What libcurl said, for the log.
  let detail: String

  var description: String { "\(kind): \(detail)" }
}
