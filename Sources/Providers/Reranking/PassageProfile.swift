import Graph

/// What the reranker needs to know of a passage, found once.
struct PassageProfile: Sendable {
  /// The stem of every word of the text, in order, as numbers of ``StemReader``.
  let words: [Int32]
  /// The same for the title and the headings.
  let headingWords: [Int32]
  /// How often each stem stands in both.
  let counts: [Int32: Int32]

  init(words: [Int32], headingWords: [Int32]) {
    self.words = words
    self.headingWords = headingWords
    var counts: [Int32: Int32] = [:]
    counts.reserveCapacity(words.count)
    for word in words { counts[word, default: 0] += 1 }
    for word in headingWords { counts[word, default: 0] += 1 }
    self.counts = counts
  }

  var length: Int { words.count + headingWords.count }
}
