import Foundation
import Graph
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Turns every error into `application/problem+json` (RFC 9457): the one place where errors get a status.
struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      return RequestError(mapping: error, logger: context.logger).response
    }
  }
}

extension RequestError {
  init(mapping error: any Error, logger: Logger) {
    switch error {
    case let error as RequestError: self = error
    case let error as HTTPError: self.init(mapping: error)
    case let failure as IngestionFailure: self.init(failure)
    case let error as OriginalFileError:
      logger.error("A file could not be kept", metadata: ["error": "\(error)"])
      self.init(error)
    case let error as StoreError:
      logger.error("Store failed", metadata: ["error": "\(error)"])
      self.init(
        status: .serviceUnavailable, code: "STORE_UNAVAILABLE",
        detail: "The data could not be read or saved. Try again in a moment.", isRetryable: true)
    default:
      logger.error("Request failed", metadata: ["error": "\(error)"])
      self.init(
        status: .internalServerError, code: "INTERNAL",
        detail: "Something went wrong inside Rill. Try again; if it stays, the server's log has the details.",
        isRetryable: true)
    }
  }

  private init(mapping error: HTTPError) {
    switch error.status {
    case .notFound: self = .noSuchPage
    case .contentTooLarge: self = .bodyTooLarge(limit: AppRequestContext.maxBodySize)
    case .methodNotAllowed: self = .methodNotAllowed
    default:
      self.init(
        status: error.status, code: "INVALID_REQUEST",
        detail: error.body ?? "The request could not be understood.")
    }
  }

  var response: Response {
    Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
  }

  /// The problem's JSON.
  var body: ByteBuffer {
    var writer = JSONWriter(into: ByteBuffer())
    writer.object { json in
      json.field("type", "about:blank")
      json.field("title", status.reasonPhrase)
      json.field("status", status.code)
      json.field("detail", detail)
      json.field("code", code)
      json.field("retryable", isRetryable)
      if let field { json.field("field", field) }
      if let runID { json.field("run_id", runID) }
      if let retryAfter { json.field("retry_after_ms", Int(retryAfter.milliseconds)) }
    }
    return writer.buffer
  }

  var headers: HTTPFields {
    var headers: HTTPFields = [
      .contentType: "application/problem+json", .cacheControl: "no-store",
    ]
    if let retryAfter {
      headers[.retryAfter] = String(max(1, Int((retryAfter.milliseconds / 1_000).rounded(.up))))
    }
    if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer realm=\"Rill\"" }
    return headers
  }
}
