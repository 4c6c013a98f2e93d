/// Whose rows these are. Every row that a user has made belongs to one owner, and a store can be had only for one: see
/// `RillDatabase.stores(of:)`.
public struct Owner: Sendable, Hashable, Codable {
  /// Opaque, never empty.
  public let id: String

  public init(id: String) {
    precondition(!id.isEmpty, "An owner without an id would own what belongs to nobody.")
    self.id = id
  }

  /// Everybody who may use a server that does not tell its users apart.
  public static let everyone = Owner(id: "everyone")
}
