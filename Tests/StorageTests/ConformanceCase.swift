import Testing

/// One rule that every implementation of a store protocol keeps.
struct ConformanceCase<Store: Sendable>: Sendable, CustomTestStringConvertible {
  let rule: String
  /// Gets an empty store.
  let check: @Sendable (Store) async throws -> Void

  init(_ rule: String, check: @escaping @Sendable (Store) async throws -> Void) {
    self.rule = rule
    self.check = check
  }

  var testDescription: String { rule }
}
