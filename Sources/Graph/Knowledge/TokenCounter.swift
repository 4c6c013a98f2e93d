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

  /// Where about `limit` tokens from `start` end, and not more: at a scalar's boundary, and at least one scalar further.
  func end(of limit: Int, from start: Int, upTo end: Int) -> Int {
    var fits = start + 1
    while fits < end, !bytes[fits].startsScalar { fits += 1 }
    var tooFar = min(end, start + (limit + 1) * Self.maximumBytesPerToken) + 1
    var guess = start + limit * 4
    // Each guess is made from the one before; a text that is even is cut after two or three.
    for _ in 0..<16 {
      let candidate = scalarStart(at: guess > fits && guess < tooFar ? guess : (fits + tooFar) / 2)
      guard candidate > fits else { break }
      let tokens = count(start..<candidate)
      if tokens <= limit { fits = candidate } else { tooFar = candidate }
      if fits == end || tokens <= limit && tokens * 20 >= limit * 19 { break }
      guess = start + (candidate - start) * limit * 98 / max(1, tokens * 100)
    }
    return fits
  }

  private func scalarStart(at index: Int) -> Int {
    var index = min(index, bytes.count)
    while index < bytes.count, index > 0, !bytes[index].startsScalar { index -= 1 }
    return index
  }
}
