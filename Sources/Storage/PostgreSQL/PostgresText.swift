import Graph

/// What PostgreSQL's text can hold.
enum PostgresText {
  /// - Throws: ``StoreError`` for a text with U+0000. They are replaced at the edges of Rill; see `String.storable`.
  static func check(_ texts: String...) throws {
    for text in texts where text.utf8.contains(0) {
      throw StoreError(
        .failed, "This text holds a character that the database cannot keep.", detail: "U+0000")
    }
  }
}
