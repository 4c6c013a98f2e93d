/// Tokens with a meaning of their own, such as `[MASK]`, which are recognised wherever they stand in a text.
struct LiteralTokens: Sendable {
  /// The longest first.
  private let tokens: [(text: [UInt8], id: Int32)]
  /// Whether a token begins with a byte.
  private let begins: [Bool]

  init(_ tokens: [(text: [UInt8], id: Int32)]) {
    self.tokens = tokens.filter { !$0.text.isEmpty }.sorted { $0.text.count > $1.text.count }
    var begins = [Bool](repeating: false, count: 256)
    for token in self.tokens { begins[Int(token.text[0])] = true }
    self.begins = begins
  }

  /// The longest token that stands at a place.
  @inline(__always)
  func match(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> (id: Int32, byteCount: Int)? {
    guard begins[Int(text[start])] else { return nil }
    let rest = Slice(base: text, bounds: start..<text.count)
    return tokens.first { rest.starts(with: $0.text) }.map { ($0.id, $0.text.count) }
  }
}
