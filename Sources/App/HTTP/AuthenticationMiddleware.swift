import Hummingbird
import Providers

/// Asks every call of the API for the token, when one is configured. The page's own files stay open: the page asks its
/// user for the token.
struct AuthenticationMiddleware<Context: RequestContext>: RouterMiddleware {
  let token: Secret

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard request.uri.path != "/health" else { return try await next(request, context) }
    let prefix = "Bearer "
    guard let header = request.headers[.authorization], header.hasPrefix(prefix),
      token.matches(String(header.dropFirst(prefix.count)))
    else { throw RequestError.unauthorized }
    return try await next(request, context)
  }
}
