public import Graph

/// A token of a text.
struct WordPieceToken: Sendable, Hashable {
  var id: Int32
  /// Where it begins in the text, in UTF-8 bytes.
  var start: Int32
}

/// Cuts text into the tokens of a BERT model: words, and pieces of words that the vocabulary does not hold whole.
///
/// The longest piece that fits is taken first (Wu et al. 2016, arXiv:1609.08144, section 4.1; Devlin et al. 2018,
/// arXiv:1810.04805). The tokens are those of Hugging Face's `tokenizers`, which the tests compare it with.
public final class WordPieceTokenizer: TokenCounter, Sendable {
  /// What stands around every text, and for what has no piece.
  struct SpecialTokens: Sendable, Hashable {
    var classification: Int32
    var separator: Int32
    var unknown: Int32
  }

  let special: SpecialTokens
  let vocabulary: WordPieceVocabulary
  private let normalizer: BertNormalizer
  private let literals: LiteralTokens
  /// Longer words become one unknown token.
  private let maximumWordLength: Int

  init(
    vocabulary: WordPieceVocabulary, special: SpecialTokens, literals: [(text: [UInt8], id: Int32)],
    options: BertNormalizer.Options, maximumWordLength: Int
  ) {
    self.vocabulary = vocabulary
    self.special = special
    self.literals = LiteralTokens(literals)
    self.maximumWordLength = maximumWordLength
    normalizer = BertNormalizer(options)
  }

  /// How many tokens a text has, without those that are put around it.
  public func count(_ text: String) -> Int {
    var text = text
    return text.withUTF8 { scan($0, limit: .max, into: nil) }
  }

  public func count(_ utf8: ArraySlice<UInt8>) -> Int {
    utf8.withUnsafeBufferPointer { scan($0, limit: .max, into: nil) }
  }

  /// The first `limit` tokens of a text, without those that are put around it. What follows them is not read.
  func tokens(_ text: String, limit: Int = .max) -> [WordPieceToken] {
    var text = text
    var tokens: [WordPieceToken] = []
    text.withUTF8 { bytes in
      tokens.reserveCapacity(min(limit, bytes.count / 3 + 2))
      withUnsafeMutablePointer(to: &tokens) { _ = scan(bytes, limit: limit, into: $0) }
    }
    return tokens
  }

  private func scan(
    _ text: UnsafeBufferPointer<UInt8>, limit: Int, into tokens: UnsafeMutablePointer<[WordPieceToken]>?
  ) -> Int {
    // One scalar more than fits, so that a word that is too long is told from one that just fits.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: (maximumWordLength + 1) * 4) { bytes in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: (maximumWordLength + 1) * 4) { origins in
        var scanner = WordPieceScanner(
          vocabulary: vocabulary, unknown: special.unknown, maximumWordLength: maximumWordLength,
          limit: limit,
          tokens: tokens, word: bytes, origins: origins)
        scanner.scan(text, normalizer: normalizer, literals: literals)
        return min(scanner.count, limit)
      }
    }
  }
}
