import Foundation
import Graph

/// The place in the list of sessions after which the next page begins.
///
/// It names the last session's own sort keys, not an offset, so sessions that come, go or move to the top between two
/// pages never make another one appear twice or vanish.
struct SessionCursor: Hashable {
  /// Milliseconds since 1970.
  let updatedAt: Int64
  let id: UUID

  /// Opaque to clients.
  var text: String {
    Data("1.\(updatedAt).\(id.uuidString.lowercased())".utf8).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  init(updatedAt: Int64, id: UUID) {
    self.updatedAt = updatedAt
    self.id = id
  }

  /// - Throws: ``StoreError`` with ``StoreError/Code/conflict`` when the text is not a cursor of ours.
  init(text: String) throws {
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    let base64 = text.replacing("-", with: "+").replacing("_", with: "/") + padding
    let parts = Data(base64Encoded: base64)
      .map { String(decoding: $0, as: UTF8.self).split(separator: ".", omittingEmptySubsequences: false) }
    guard let parts, parts.count == 3, parts[0] == "1", let updatedAt = Int64(parts[1]),
      let id = UUID(uuidString: String(parts[2]))
    else {
      throw StoreError(
        .conflict, "This place in the list of conversations is not known. Load the list again.")
    }
    self.init(updatedAt: updatedAt, id: id)
  }
}
