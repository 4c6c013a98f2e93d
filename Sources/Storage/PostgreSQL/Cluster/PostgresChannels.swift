import Foundation

/// The names of the channels on which nodes hear each other.
///
/// Channels belong to a whole database. Their names carry the schema, so that two Rills in one database do not hear each
/// other; as a hash, because a name has at most 63 bytes.
struct PostgresChannels: Sendable {
  private let prefix: String

  init(schema: String) {
    // FNV-1a with 64 bits.
    let hash = schema.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    prefix = "rill_" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// What every node hears.
  var everyone: String { prefix }

  /// What one node hears.
  func channel(of node: UUID) -> String {
    prefix + "_" + node.uuidString.lowercased().replacing("-", with: "")
  }
}
