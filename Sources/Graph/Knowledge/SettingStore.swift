/// Keeps small facts about a data folder between starts.
public protocol SettingStore: Sendable {
  /// - Throws: ``StoreError`` from every call.
  func setting(_ key: String) async throws -> String?
  /// - Parameter value: `nil` removes it.
  func setSetting(_ key: String, to value: String?) async throws
}
