import Foundation

/// Tells this machine's own addresses from others: they are never reached through a proxy.
enum LoopbackAddress {
  static func isHost(of url: String) -> Bool {
    guard let host = URLComponents(string: url)?.host?.lowercased() else { return false }
    let name = host.trimmingCharacters(in: ["[", "]", "."])
    return name == "localhost" || name.hasSuffix(".localhost") || name == "::1"
      || (name.hasPrefix("127.") && name.allSatisfy { $0.isNumber || $0 == "." })
  }
}
