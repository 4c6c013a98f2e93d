import Graph

/// Maps everything that can go wrong with an upstream server to ``ModelError``, in this one place.
struct UpstreamFailure {
  /// Takes the key out of what the upstream said.
  let redaction: Redaction

  /// A response whose status is not 2xx.
  /// - Parameters:
  ///   - body: its beginning.
  ///   - retryAfter: what its headers asked for.
  func error(status: Int, body: [UInt8], retryAfter: Duration?) -> ModelError {
    let parsed = UpstreamErrorBody(searching: body)
    let said = parsed?.message ?? String(decoding: body, as: UTF8.self)
    return error(
      status: status, body: parsed, retryAfter: retryAfter, detail: detail("status \(status): \(said)"))
  }

  /// An error that came in the middle of a stream whose status was 200.
  func error(inStream body: UpstreamErrorBody) -> ModelError {
    let said = [body.code, body.type, body.message].compactMap(\.self).joined(separator: ": ")
    let status = body.status ?? Self.status(ofWord: body.code) ?? Self.status(ofWord: body.type) ?? 500
    return error(status: status, body: body, retryAfter: nil, detail: detail("in the stream: \(said)"))
  }

  func error(_ failure: HTTPTransportError) -> ModelError {
    let message =
      switch failure.kind {
      case .invalidRequest: "The model's address is not valid. Check the base URL in the configuration."
      case .unresolved:
        "The model's server could not be found. Check the base URL and the network, then try again."
      case .unreachable: "The model's server does not answer. Check that it is running, then try again."
      case .refusedAddress:
        "The model's server is not on the public Internet, and only such servers are allowed here."
      case .insecure:
        "No secure connection to the model's server could be made. Check its certificate, then try again."
      case .brokenOff, .cancelled: Self.brokenOff
      case .timedOut: "The model's server took too long to answer. Try again."
      case .closed: "Rill is shutting down. Try again in a moment."
      }
    let code: ModelError.Code = failure.kind == .invalidRequest ? .rejected : .unavailable
    return ModelError(code, message, detail: detail(failure.description))
  }

  /// A response that is no chat completion.
  func malformed(_ reason: String) -> ModelError {
    ModelError(
      .unavailable, "The model's server sent something that is not an answer. Try again.",
      detail: detail(reason))
  }

  private static let brokenOff =
    "The connection to the model broke off before the answer was complete. Try again."

  private func error(
    status: Int, body: UpstreamErrorBody?, retryAfter: Duration?, detail: String
  ) -> ModelError {
    if (400..<500).contains(status), body?.isContextTooLong == true {
      return ModelError(
        .contextTooLong,
        "The conversation is too long for this model. Start a new conversation or ask a shorter question.",
        detail: detail)
    }
    let (code, message): (ModelError.Code, String) =
      switch status {
      case 401:
        (.rejected, "The model's server did not accept the API key. Check the key in the configuration.")
      case 403:
        (.rejected, "The API key is not allowed to use this model. Check the key and the model's name.")
      case 404:
        (.rejected, "The model's server does not know this model. Check the model's name and the base URL.")
      case 408: (.unavailable, "The model's server took too long to answer. Try again.")
      case 429:
        (.rateLimited, "The model's server is busy with too many requests. Wait a moment and try again.")
      case 300..<400:
        (
          .rejected,
          "The model's server has moved to another address. Check the base URL in the configuration."
        )
      case 400..<500:
        (.rejected, "The model's server did not accept the request. Check the model's name and its settings.")
      default: (.unavailable, "The model's server has a problem of its own. Try again in a moment.")
      }
    return ModelError(code, message, retryAfter: code == .rejected ? nil : retryAfter, detail: detail)
  }

  /// The status that a server would have sent, had it known the error before the head.
  private static func status(ofWord word: String?) -> Int? {
    switch word {
    case "rate_limit_exceeded", "rate_limit_error", "insufficient_quota", "tokens", "requests": 429
    case "invalid_api_key", "authentication_error": 401
    case "permission_error": 403
    case "model_not_found", "not_found_error": 404
    case "invalid_request_error", "context_length_exceeded", "exceed_context_size_error": 400
    default: nil
    }
  }

  /// The log gets a line of bounded length.
  private func detail(_ text: String) -> String {
    let line = redaction.apply(to: text).split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.count <= 500 ? line : line.prefix(500) + "…"
  }
}
