import Foundation
import Graph

/// Who this server is among those that share a database: an id that stays in the data folder, so that a server which
/// comes back is known to be the one that went.
enum NodeIdentity {
  static let fileName = "node-id"

  /// - Parameter folder: is there, and nobody else serves from it.
  /// - Throws: ``StoreError`` when the id cannot be kept.
  static func load(from folder: URL) throws -> UUID {
    let file = folder.appending(path: fileName)
    let text = try? String(contentsOf: file, encoding: .utf8)
    if let text, let id = UUID(uuidString: text.trimmingCharacters(in: .whitespacesAndNewlines)) { return id }
    let id = UUID()
    do {
      try Data((id.wireString + "\n").utf8).write(to: file, options: .atomic)
    } catch {
      throw StoreError(
        .unavailable, "The data folder cannot be written. Check its permissions.", detail: "\(error)")
    }
    return id
  }
}
