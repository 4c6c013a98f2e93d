extension String {
  /// The text with U+FFFD in the place of each U+0000, which neither SQLite's text nor PostgreSQL's can hold: what follows
  /// one would be lost in the store, though the user has seen it. Done at the edges, so that the stream, the log
  /// and the message are the same. (CommonMark, section 2.3, asks for the same replacement.)
  public var storable: String {
    utf8.contains(0) ? replacing("\u{0}", with: "\u{FFFD}") : self
  }
}
