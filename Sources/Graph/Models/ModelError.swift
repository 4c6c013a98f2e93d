/// Why a model could not answer.
public struct ModelError: Error, Sendable, Hashable {
  /// The closed set of reasons; each maps to one code of the wire protocol.
  public enum Code: String, Sendable, Hashable, Codable {
    /// Upstream 429.
    case rateLimited
    /// Upstream refused the connection, answered 5xx, sent what is not an event stream, or broke off.
    case unavailable
    /// Upstream 400, 401, 403 or 404: the key, the model's name or the request is wrong.
    case rejected
    /// The prompt is longer than the model's context.
    case contextTooLong
    /// Nothing was heard from the model for the idle limit.
    case idleTimeout
  }

  public let code: Code
  /// A sentence for the user. It never holds a key, a path or an address.
  public let message: String
  /// How long the upstream asked to wait before trying again.
  public let retryAfter: Duration?
  /// What the upstream said, for the log only. Providers remove keys from it.
  public let detail: String?

  public init(_ code: Code, _ message: String, retryAfter: Duration? = nil, detail: String? = nil) {
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
    self.detail = detail
  }
}

extension ModelError: CustomStringConvertible {
  public var description: String {
    "\(code.rawValue): \(message)" + (detail.map { " (\($0))" } ?? "")
  }
}
