import HTTPTypes
import Hummingbird

extension Router where Context == AppRequestContext {
  /// Answers 405 with the allowed methods, instead of 404, for addresses that exist. Call it after all routes are there.
  ///
  /// `GET` is left alone: an address that only takes other methods may be one of the page's.
  func refuseOtherMethods() {
    let refusable: [HTTPRequest.Method] = [.post, .put, .patch, .delete]
    let known = Dictionary(grouping: routes, by: \.path.description).values
    for routes in known {
      guard let path = routes.first?.path else { continue }
      let methods = Set(routes.map(\.method))
      let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
      for method in refusable where !methods.contains(method) {
        on(path, method: method) { _, _ -> Response in
          var response = RequestError.methodNotAllowed.response
          response.headers[.allow] = allowed
          return response
        }
      }
    }
  }
}
