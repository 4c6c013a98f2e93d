import Foundation
import Graph
import HTTPTypes
import Hummingbird

/// What `POST /chat` answers once its run has ended.
struct BlockingAnswer {
  let message: Message
  let terminal: RunEvent

  /// - Throws: ``RequestError`` when the run ended without an answer; the stored part of it stays in its session.
  func response() throws -> Response {
    switch terminal {
    case .done(let completion):
      return .json { json in
        json.field("session_id", message.sessionID)
        if let answer = message.answer { json.field("run_id", answer.runID) }
        json.field("message_id", message.id)
        json.field("message", message.content)
        json.sources(message.answer?.sources ?? [])
        json.field("finish_reason", completion.finishReason.rawValue)
        json.usage("usage", completion.usage)
        json.timings("timings", completion.timings)
      }
    case .error(let failure): throw RequestError(failure, runID: message.answer?.runID)
    default:
      throw RequestError(
        status: .conflict, code: "CANCELLED",
        detail: "The answer was stopped. What there was of it is kept in its session.", isRetryable: true,
        runID: message.answer?.runID)
    }
  }
}

extension RequestError {
  /// A failed run, told by a status because no stream has begun.
  init(_ failure: RunFailure, runID: UUID?) {
    let status: HTTPResponse.Status =
      switch failure.code {
      case .timeout: .gatewayTimeout
      case .modelRateLimited, .retrievalFailed, .interrupted: .serviceUnavailable
      case .modelUnavailable, .modelRejected: .badGateway
      case .contextTooLong: .unprocessableContent
      case .internalError: .internalServerError
      }
    self.init(
      status: status, code: failure.code.rawValue, detail: failure.message,
      isRetryable: failure.code.isRetryable, runID: runID, retryAfter: failure.retryAfter)
  }
}
