/// Counts the tokens that an embedding model makes of a text.
public protocol TokenCounter: Sendable {
  /// - Parameter utf8: valid UTF-8: a word, a sentence or a block of a document.
  /// - Returns: the count without the tokens that a model puts around every text. Texts that are joined by white space
  ///   have at most as many tokens as their parts together.
  func count(_ utf8: ArraySlice<UInt8>) -> Int
}

/// Estimates tokens when there is no tokenizer.
///
/// English has about four characters per token with the usual vocabularies (OpenAI's rule of thumb), other alphabets
/// about two, and Chinese, Japanese and Korean about one.
public struct ApproximateTokenCounter: TokenCounter {
  public init() {}

  public func count(_ utf8: ArraySlice<UInt8>) -> Int {
    (utf8.reduce(0) { $0 + Self.quarters(ofScalarStartingWith: $1) } + 3) / 4
  }

  private static func quarters(ofScalarStartingWith byte: UInt8) -> Int {
    switch byte {
    case 0..<0x80: 1
    case 0x80..<0xC0: 0
    case 0xC0..<0xE3: 2
    default: 4
    }
  }
}

/// Measures parts of one text in tokens.
struct TokenMeasure: Sendable {
  let bytes: [UInt8]
  let counter: any TokenCounter

  /// WordPiece makes a single unknown token of a word of more than 100 letters. Without a bound in bytes, a file encoded
  /// as one such word would be one piece.
  private static let maximumBytesPerToken = 16

  func count(_ range: Range<Int>) -> Int {
    max(counter.count(bytes[range]), range.count / Self.maximumBytesPerToken)
  }

  /// Where at most `limit` tokens from `start` end: at a scalar's boundary, and at least one scalar further.
  func end(of limit: Int, from start: Int, upTo end: Int) -> Int {
    let window = min(end, start + (limit + 1) * Self.maximumBytesPerToken)
    var boundaries = ((start + 1)..<max(window, start + 1)).filter { bytes[$0].startsScalar }
    if window == end { boundaries.append(end) }
    guard var fits = boundaries.first else { return end }
    var candidates = boundaries.dropFirst()
    while let middle = candidates.indices.isEmpty ? nil : (candidates.startIndex + candidates.endIndex) / 2 {
      if count(start..<candidates[middle]) <= limit {
        fits = candidates[middle]
        candidates = candidates[(middle + 1)...]
      } else {
        candidates = candidates[..<middle]
      }
    }
    return fits
  }
}
