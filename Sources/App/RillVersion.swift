/// The version of this Rill, as `GET /health` and `rill --version` tell it.
enum RillVersion {
  static let current = "0.1.0"
}
