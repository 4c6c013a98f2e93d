import Hummingbird

/// Refuses what cannot be answered by a node that has lost its lease: it may be cut off from the store, and its requests
/// would wait for nothing. The client, or the load balancer, asks another node.
struct MembershipMiddleware<Context: RequestContext>: RouterMiddleware {
  let isMember: @Sendable () -> Bool

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard isMember() else { throw RequestError.cutOff }
    return try await next(request, context)
  }
}
