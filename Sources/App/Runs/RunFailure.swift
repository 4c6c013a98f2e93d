import Foundation
import Graph

/// A failed run, as its readers see it.
struct RunFailure: Error, Sendable, Hashable, Codable {
  /// The error codes of a stream; the closed set of `protocol.md`.
  enum Code: String, Sendable, Hashable, Codable, CaseIterable {
    case timeout = "TIMEOUT"
    case modelRateLimited = "MODEL_RATE_LIMITED"
    case modelUnavailable = "MODEL_UNAVAILABLE"
    case modelRejected = "MODEL_REJECTED"
    case contextTooLong = "CONTEXT_TOO_LONG"
    case retrievalFailed = "RETRIEVAL_FAILED"
    case internalError = "INTERNAL"
    case interrupted = "INTERRUPTED"

    /// Whether trying the same again can help.
    var isRetryable: Bool {
      switch self {
      case .modelRejected, .contextTooLong: false
      default: true
      }
    }
  }

  var code: Code
  var message: String
  var messageID: UUID?
  var retryAfter: Duration?
  /// For the server's log only; it is not stored either.
  var detail: String?

  private enum CodingKeys: String, CodingKey {
    case code, message, messageID, retryAfter
  }

  init(
    _ code: Code, _ message: String, messageID: UUID? = nil, retryAfter: Duration? = nil,
    detail: String? = nil
  ) {
    self.code = code
    self.message = message
    self.messageID = messageID
    self.retryAfter = retryAfter
    self.detail = detail
  }

  /// The one place where what went wrong below becomes a code of the wire.
  init(mapping error: any Error) {
    switch error {
    case let failure as RunFailure: self = failure
    case let error as GraphError: self.init(mapping: error)
    case let error as ModelError: self.init(mapping: error)
    case let error as StoreError:
      self.init(
        .retrievalFailed, "The knowledge base could not be searched. Try again in a moment.",
        detail: error.description)
    default:
      self.init(
        .internalError,
        "Something went wrong inside Rill. Try again; if it stays, the server's log has the details.",
        detail: String(describing: error))
    }
  }

  private init(mapping error: GraphError) {
    if let underlying = error.underlying, !(underlying is GraphError) {
      self.init(mapping: underlying)
      detail = String(describing: error)
    } else if let underlying = error.underlying as? GraphError {
      self.init(mapping: underlying)
    } else {
      self.init(
        .internalError,
        "Something went wrong inside Rill. Try again; if it stays, the server's log has the details.",
        detail: String(describing: error))
    }
  }

  private init(mapping error: ModelError) {
    let code: Code =
      switch error.code {
      case .rateLimited: .modelRateLimited
      case .unavailable: .modelUnavailable
      case .rejected: .modelRejected
      case .contextTooLong: .contextTooLong
      case .idleTimeout: .timeout
      }
    self.init(code, error.message, retryAfter: error.retryAfter, detail: error.detail)
  }

  /// The server went away while the answer was being written.
  static func interrupted(messageID: UUID?) -> RunFailure {
    RunFailure(
      .interrupted,
      "The server stopped while this answer was being written. Try again to get the whole answer.",
      messageID: messageID)
  }
}
