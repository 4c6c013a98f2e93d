/// Removes keys from text that others wrote.
struct Redaction: Sendable {
  private let secrets: [String]

  init(_ secrets: [Secret]) {
    self.secrets = secrets.map { $0.reveal() }.filter { !$0.isEmpty }
  }

  /// Replaces the known keys, and every word that has the look of one: servers quote keys with some letters
  /// hidden.
  func apply(to text: String) -> String {
    var result = text
    for secret in secrets { result = result.replacing(secret, with: "[hidden]") }
    return result.replacing(#/(?i)\bbearer\s+[^\s"',]+|\bsk-[^\s"',]+/#, with: "[hidden]")
  }
}
