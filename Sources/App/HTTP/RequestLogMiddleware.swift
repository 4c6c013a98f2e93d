import HTTPTypes
import Hummingbird
import Logging

/// Logs and counts each request once its response begins. Query strings and bodies, which hold what users ask, stay
/// out of the log.
struct RequestLogMiddleware<Context: RequestContext>: RouterMiddleware {
  let metrics: HTTPMetrics
  let time: RunTime

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    let started = time.now()
    let response = try await next(request, context)
    let took = time.now() - started
    metrics.responded(method: request.method.rawValue, status: response.status.code)
    context.logger.debug(
      "Request answered",
      metadata: [
        "method": "\(request.method.rawValue)", "path": "\(request.uri.path)",
        "status": "\(response.status.code)", "head_ms": "\(took.milliseconds)",
      ])
    return response
  }
}
