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
  var text: String { CursorText.encode(["1", String(updatedAt), id.uuidString.lowercased()]) }

  init(updatedAt: Int64, id: UUID) {
    self.updatedAt = updatedAt
    self.id = id
  }

  /// - Throws: ``StoreError`` with ``StoreError/Code/conflict`` when the text is not a cursor of ours.
  init(text: String) throws {
    guard let parts = CursorText.decode(text), parts.count == 3, parts[0] == "1",
      let updatedAt = Int64(parts[1]), let id = UUID(uuidString: parts[2])
    else {
      throw StoreError(
        .conflict, "This place in the list of conversations is not known. Load the list again.")
    }
    self.init(updatedAt: updatedAt, id: id)
  }
}
