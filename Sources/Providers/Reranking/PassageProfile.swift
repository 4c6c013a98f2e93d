import Graph

/// What the reranker needs to know of a passage, found once.
struct PassageProfile: Sendable {
  /// The stem of every word of the text, in order, as numbers of the vocabulary.
  let words: [Int]
  /// The same for the title and the headings.
  let headingWords: [Int]
  /// How often each stem stands in both.
  let counts: [Int: Int]

  init(_ passage: Passage, vocabulary: inout StemVocabulary) {
    words = vocabulary.numbers(of: passage.chunk.text)
    headingWords = vocabulary.numbers(of: ([passage.title] + passage.chunk.headings).joined(separator: "\n"))
    var counts: [Int: Int] = [:]
    counts.reserveCapacity(words.count)
    for word in words { counts[word, default: 0] += 1 }
    for word in headingWords { counts[word, default: 0] += 1 }
    self.counts = counts
  }

  var length: Int { words.count + headingWords.count }
}

/// Numbers for stems, so that comparing passages compares no strings.
struct StemVocabulary: Sendable {
  private var numberOfStem: [String: Int] = [:]
  private(set) var stems: [String] = []
  /// For each stem whether it can carry a subject: no stop word, no number, and not of one or two letters.
  private(set) var isSubject: [Bool] = []

  /// The stems of all words of a text, in order.
  mutating func numbers(of text: String) -> [Int] {
    TextAnalysis.words(in: text).map { number(of: $0) }
  }

  mutating func number(of word: TextAnalysis.Word) -> Int {
    if let known = numberOfStem[word.stem] { return known }
    let number = stems.count
    numberOfStem[word.stem] = number
    stems.append(word.stem)
    isSubject.append(
      !word.isStopWord && word.stem.count > 2 && !word.stem.allSatisfy(\.isNumber))
    return number
  }
}
