internal import CKernels
import Graph

/// Makes a text's vectors of its tokens' vectors: their mean, with length 1.
///
/// Source: Reimers and Gurevych 2019, arXiv:1908.10084, section 3 (mean pooling). The tokens around the text count, as
/// they do in sentence-transformers.
enum BertPooling {
  /// - Parameters:
  ///   - hidden: one row of `width` numbers for each token of `text`, and for the tokens around it.
  static func embedding(
    of text: TokenizedText, hidden: UnsafePointer<Float>, width: Int
  ) -> TextEmbedding {
    TextEmbedding(
      vector: mean(of: 0..<text.ids.count, hidden, width),
      spans: text.spans.map { mean(of: $0, hidden, width) })
  }

  private static func mean(of rows: Range<Int>, _ hidden: UnsafePointer<Float>, _ width: Int) -> [Float] {
    var vector = [Float](repeating: 0, count: width)
    rill_sum_rows(hidden + rows.lowerBound * width, rows.count, width, &vector)
    // Dividing by the count would change only the length, which becomes 1 in any case.
    rill_normalize(&vector, width)
    return vector
  }
}

/// A text as the encoder reads it.
struct TokenizedText: Sendable, Hashable {
  /// With the tokens that stand around every text.
  var ids: [Int32]
  /// The tokens of each part that was asked for, as indices of `ids`: those that begin in it. Empty when the part was
  /// cut off.
  var spans: [Range<Int>]

  /// - Parameter limit: the most tokens, those around the text included.
  init(_ input: EmbeddingInput, tokenizer: WordPieceTokenizer, limit: Int) {
    let tokens = tokenizer.tokens(input.text, limit: max(limit - 2, 0))
    ids = [tokenizer.special.classification] + tokens.map(\.id) + [tokenizer.special.separator]
    spans = input.spans.map { span in
      let begin = tokens.partitioningIndex { Int($0.start) >= span.lowerBound }
      let end = tokens.partitioningIndex { Int($0.start) >= span.upperBound }
      return (begin + 1)..<(max(begin, end) + 1)
    }
  }
}

extension [WordPieceToken] {
  /// The first index of which the condition is true, if it is false before and true from there on.
  fileprivate func partitioningIndex(where isIn: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isIn(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
