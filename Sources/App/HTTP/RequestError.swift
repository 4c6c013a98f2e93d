import Foundation
import HTTPTypes

/// Why a request is answered with a problem instead of what it asked for (RFC 9457).
struct RequestError: Error, Sendable, Hashable {
  var status: HTTPResponse.Status
  /// A code of `protocol.md`.
  var code: String
  /// A sentence for people.
  var detail: String
  var isRetryable = false
  /// The part of the request that is wrong.
  var field: String?
  /// The run that stands in the way.
  var runID: UUID?
  var retryAfter: Duration?
}

extension RequestError {
  static func invalid(_ field: String, _ detail: String) -> RequestError {
    RequestError(status: .unprocessableContent, code: "INVALID_REQUEST", detail: detail, field: field)
  }

  static func notFound(_ what: String) -> RequestError {
    RequestError(
      status: .notFound, code: "NOT_FOUND", detail: "There is no such \(what). It may have been deleted.")
  }

  static let noSuchPage = RequestError(
    status: .notFound, code: "NOT_FOUND", detail: "There is nothing at this address.")
  static let unknownParent = invalid("parent_id", "parent_id names no message of this session.")
  static let parentTextDiffers = invalid(
    "parent_id", "parent_id names a user message with another text. To retry, send the same text.")
  static let positionBeyondRun = invalid(
    "Last-Event-ID", "Last-Event-ID is beyond the newest event of this run. Attach without it.")
  static let malformedJSON = RequestError(
    status: .badRequest, code: "MALFORMED_JSON", detail: "The request's body is not a JSON object.")
  static let unsupportedMediaType = RequestError(
    status: .unsupportedMediaType, code: "UNSUPPORTED_MEDIA_TYPE",
    detail: "Send the body as application/json.")
  static let methodNotAllowed = RequestError(
    status: .methodNotAllowed, code: "METHOD_NOT_ALLOWED",
    detail: "This address does not take such requests.")
  static let unauthorized = RequestError(
    status: .unauthorized, code: "UNAUTHORIZED",
    detail: "This server needs an API token. Send it as Authorization: Bearer followed by the token.")
  static let runConflict = RequestError(
    status: .conflict, code: "RUN_CONFLICT",
    detail: "This run_id belongs to another request. Use a new one for each question.")
  static let shuttingDown = RequestError(
    status: .serviceUnavailable, code: "OVERLOADED",
    detail: "The server is about to restart. Try again in a few seconds.", isRetryable: true,
    retryAfter: .seconds(5))
  static let overloaded = RequestError(
    status: .serviceUnavailable, code: "OVERLOADED",
    detail: "The server is answering as many questions as it can. Try again in a moment.",
    isRetryable: true, retryAfter: .seconds(2))

  static let cutOff = RequestError(
    status: .serviceUnavailable, code: "STORE_UNAVAILABLE",
    detail: "This server cannot reach its database. Try again in a moment.", isRetryable: true,
    retryAfter: .seconds(1))

  static let tooManyConnections = RequestError(
    status: .serviceUnavailable, code: "OVERLOADED",
    detail: "The server has as many connections as it can hold. Try again in a moment.",
    isRetryable: true, retryAfter: .seconds(2))
  static let clientBusy = RequestError(
    status: .tooManyRequests, code: "TOO_MANY_RUNS",
    detail: "You have as many answers running as one client may. Wait for one of them, or stop it.",
    isRetryable: true, retryAfter: .seconds(2))
  static let notInterrupted = RequestError(
    status: .conflict, code: "NOT_INTERRUPTED",
    detail: "This answer was not interrupted, or has been taken up since. Load the conversation again.")

  static func runActive(_ runID: UUID) -> RequestError {
    RequestError(
      status: .conflict, code: "RUN_ACTIVE",
      detail: "This conversation is still being answered. Wait for the answer or stop it first.",
      isRetryable: true, runID: runID)
  }

  static func bodyTooLarge(limit: Int) -> RequestError {
    RequestError(
      status: .contentTooLarge, code: "BODY_TOO_LARGE",
      detail: "The request's body is larger than \(limit / 1_024) KiB.")
  }
}

extension RequestError {
  /// Why a run was not started.
  init(_ refusal: RunRegistry.Refusal) {
    switch refusal {
    case .conflict: self = .runConflict
    case .sessionBusy(let runID): self = .runActive(runID)
    case .clientBusy: self = .clientBusy
    case .overloaded: self = .overloaded
    case .draining: self = .shuttingDown
    }
  }
}
