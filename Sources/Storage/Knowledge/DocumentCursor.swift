import Foundation
import Graph

/// The place in the list of documents after which the next page begins; see ``SessionCursor``.
struct DocumentCursor: Hashable {
  /// Milliseconds since 1970.
  let createdAt: Int64
  let sequence: Int64

  /// Opaque to clients.
  var text: String { CursorText.encode(["d1", String(createdAt), String(sequence)]) }

  init(createdAt: Int64, sequence: Int64) {
    self.createdAt = createdAt
    self.sequence = sequence
  }

  /// - Throws: ``StoreError`` with ``StoreError/Code/conflict`` when the text is not a cursor of ours.
  init(text: String) throws {
    guard let parts = CursorText.decode(text), parts.count == 3, parts[0] == "d1",
      let createdAt = Int64(parts[1]), let sequence = Int64(parts[2])
    else {
      throw StoreError(.conflict, "This place in the list of documents is not known. Load the list again.")
    }
    self.init(createdAt: createdAt, sequence: sequence)
  }
}

/// The text of a cursor: its parts in URL-safe base64, which tempts nobody to read it.
enum CursorText {
  static func encode(_ parts: [String]) -> String {
    Data(parts.joined(separator: ".").utf8).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  static func decode(_ text: String) -> [String]? {
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    let base64 = text.replacing("-", with: "+").replacing("_", with: "/") + padding
    return Data(base64Encoded: base64).map {
      String(decoding: $0, as: UTF8.self).split(separator: ".", omittingEmptySubsequences: false)
        .map(String.init)
    }
  }
}
