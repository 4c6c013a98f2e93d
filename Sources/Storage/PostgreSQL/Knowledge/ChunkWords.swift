import Foundation
import Graph

/// The words of a chunk as PostgreSQL's `tsvector`.
///
/// It is made here, not by the server's text search configuration: so a word means the same in both stores and in every
/// part of Rill, whatever the server has been set to.
struct ChunkWords: Sendable {
  /// How many words the chunk has with its title and its headings, those that PostgreSQL cannot count included.
  let count: Int
  /// The stems with their places, in the order that PostgreSQL keeps them in, so that it need not sort.
  private let stems: [(stem: String, places: [Place])]

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
        let number = UInt16(min(count, Self.lastPlace))
        let known = places[stem, default: []]
        guard known.count < Self.placesPerWord, known.last.map({ $0.number < number }) ?? true else { continue }
        places[stem, default: []].append(Place(number: number, weight: weight))
      }
    }
    add(title, .title)
    for heading in headings { add(heading, .heading) }
    add(text, .text)
    self.count = count
    stems = places.map { (stem: $0.key, places: $0.value) }
      .sorted { $0.stem.utf8.lexicographicallyPrecedes($1.stem.utf8) }
  }

  private struct Place {
    let number: UInt16
    let weight: Weight
  }

  /// The two bits before a place.
  private enum Weight: UInt16 {
    /// PostgreSQL's A.
    case title = 3
    /// B.
    case heading = 2
    /// D, which is never written.
    case text = 0

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

  /// What the type's input function reads: `'otter':1A,7 'swim':8`.
  var text: String {
    stems.map { stem, places in
      Self.quoted(stem) + ":" + places.map { "\($0.number)\($0.weight.letter)" }.joined(separator: ",")
    }.joined(separator: " ")
  }

  /// What the type's receive function reads: the number of stems; for each the stem, a zero byte, the number of places
  /// and the places.
  var binary: Data {
    var data = Data()
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.bigEndian) { data.append(contentsOf: $0) }
    }
    append(Int32(truncatingIfNeeded: stems.count))
    for (stem, places) in stems {
      data.append(contentsOf: stem.utf8)
      append(UInt8(0))
      append(UInt16(truncatingIfNeeded: places.count))
      for place in places { append(place.number | place.weight.rawValue << 14) }
    }
    return data
  }
}
