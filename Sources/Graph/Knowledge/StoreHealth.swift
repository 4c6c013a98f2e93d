/// A store that can say whether it works now, for `GET /ready`.
public protocol StoreHealth: Sendable {
  /// Cheap enough to be called every second.
  /// - Throws: ``StoreError`` with the reason.
  func checkAvailability() async throws
}
