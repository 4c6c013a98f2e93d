import Graph

/// What the reranker needs to know of a passage, found once.
struct PassageProfile: Sendable {
  /// The stem of every word of the text, in order.
  let stems: [String]
  /// For each word the number of the sentence it stands in.
  let sentenceOfWord: [Int]
  let stemSet: Set<String>
  /// Stems of the title and the headings.
  let headingStems: Set<String>

  init(_ passage: Passage) {
    let words = TextAnalysis.words(in: passage.chunk.text)
    let sentences = SentenceSplitter.sentences(in: passage.chunk.text)
    var sentence = 0
    sentenceOfWord = words.map { word in
      while sentence < sentences.count, sentences[sentence].upperBound <= word.range.lowerBound {
        sentence += 1
      }
      return sentence
    }
    stems = words.map(\.stem)
    stemSet = Set(stems)
    let above = ([passage.title] + passage.chunk.headings).joined(separator: "\n")
    headingStems = Set(TextAnalysis.words(in: above).map(\.stem))
  }

  /// The Jaccard index of the two sets of stems.
  func similarity(to other: PassageProfile) -> Double {
    let common = stemSet.intersection(other.stemSet).count
    let all = stemSet.count + other.stemSet.count - common
    return all == 0 ? 1 : Double(common) / Double(all)
  }

  func contains(_ stem: String) -> Bool { stemSet.contains(stem) || headingStems.contains(stem) }
}
