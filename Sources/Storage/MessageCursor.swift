import Foundation
import Graph

/// The place in a conversation before which the next page of older messages ends: the oldest message of the page before.
///
/// Messages are only ever added at the end, so the place stays what it is while pages are read.
enum MessageCursor {
  static let unknown = StoreError(
    .conflict, "This place in the conversation is not known. Load the conversation again.")

  /// - Throws: ``unknown`` when the text is not a cursor of ours.
  static func id(_ text: String) throws -> UUID {
    guard let id = UUID(uuidString: text) else { throw unknown }
    return id
  }
}
