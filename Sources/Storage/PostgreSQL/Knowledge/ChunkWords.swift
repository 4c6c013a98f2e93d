import Graph

/// The words of a chunk as PostgreSQL's `tsvector`.
///
/// It is made here, not by the server's text search configuration: so a word means the same in both stores and in every
/// part of Rill, whatever the server has been set to.
struct ChunkWords: Sendable {
  /// How many words the chunk has with its title and its headings, those that PostgreSQL cannot count included.
  let count: Int
  private let places: [String: [Place]]

  /// PostgreSQL counts places up to this one, and so many of them for each word.
  private static let (lastPlace, placesPerWord) = (16_383, 255)
  /// Longer words are cut, here and in a query. PostgreSQL takes up to 2,046 bytes.
  private static let longestStem = 255

  init(title: String, headings: [String], text: String) {
    var places: [String: [Place]] = [:]
    var count = 0
    func add(_ text: String, _ weight: Weight) {
      for word in TextAnalysis.words(in: text) {
        count += 1
        let stem = Self.lexeme(word)
        // Places must rise. The words of a very long text that come after the last one all stand there.
        let number = min(count, Self.lastPlace)
        guard places[stem]?.count ?? 0 < Self.placesPerWord, places[stem]?.last?.number ?? 0 < number else {
          continue
        }
        places[stem, default: []].append(Place(number: number, weight: weight))
      }
    }
    add(title, .title)
    for heading in headings { add(heading, .heading) }
    add(text, .text)
    self.count = count
    self.places = places
  }

  private struct Place {
    let number: Int
    let weight: Weight
  }

  private enum Weight {
    /// PostgreSQL's A.
    case title
    /// B.
    case heading
    /// D, which is never written.
    case text

    var letter: String {
      switch self {
      case .title: "A"
      case .heading: "B"
      case .text: ""
      }
    }
  }

  /// A stem as it stands in the index.
  static func lexeme(_ word: TextAnalysis.Word) -> String {
    guard word.stem.utf8.count > longestStem else { return word.stem }
    return String(decoding: word.stem.utf8.prefix(longestStem), as: UTF8.self)
  }

  /// Stems are letters and digits, which need nothing but the quotes.
  static func quoted(_ lexeme: String) -> String { "'" + lexeme + "'" }

  /// What PostgreSQL reads: `'otter':1A,7 'swim':8`.
  var text: String {
    places.map { stem, places in
      Self.quoted(stem) + ":" + places.map { "\($0.number)\($0.weight.letter)" }.joined(separator: ",")
    }.joined(separator: " ")
  }
}
