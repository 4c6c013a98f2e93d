/// What the reranker needs to know of a passage, found once.
struct PassageProfile: Sendable {
  /// The stem of every word of the text, in order, as numbers of ``StemReader``.
  let words: [Int32]
  /// The same for the title and the headings.
  let headingWords: [Int32]
  /// Each stem of both once.
  let stems: [Int32]
  /// How often each of ``stems`` stands there.
  let counts: [Int32]

  var length: Int { words.count + headingWords.count }

  /// How often a stem stands in the passage. A look through all: to be asked now and then.
  func count(of stem: Int32) -> Int32 {
    stems.firstIndex(of: stem).map { counts[$0] } ?? 0
  }

  /// The same passage in other numbers: `numbers[n]` for `n`.
  func renumbered(_ numbers: [Int32]) -> PassageProfile {
    PassageProfile(
      words: words.map { numbers[Int($0)] }, headingWords: headingWords.map { numbers[Int($0)] },
      stems: stems.map { numbers[Int($0)] }, counts: counts)
  }

  /// What its arrays take of memory, roughly.
  var byteCount: Int { 4 * (length + 2 * stems.count) + 4 * 32 }
}

/// Counts the stems of one text after the other.
struct StemCounter {
  /// For each stem its place in the profile that is being made; -1 outside of it.
  private var places: [Int32] = []

  /// - Parameter stemCount: all numbers are below.
  mutating func profile(words: [Int32], headingWords: [Int32], stemCount: Int) -> PassageProfile {
    if places.count < stemCount {
      places += repeatElement(-1, count: max(stemCount, 2 * places.count) - places.count)
    }
    var stems: [Int32] = []
    var counts: [Int32] = []
    stems.reserveCapacity(words.count)
    counts.reserveCapacity(words.count)
    for list in [headingWords, words] {
      for word in list {
        let place = places[Int(word)]
        if place >= 0 {
          counts[Int(place)] += 1
        } else {
          places[Int(word)] = Int32(stems.count)
          stems.append(word)
          counts.append(1)
        }
      }
    }
    for stem in stems { places[Int(stem)] = -1 }
    return PassageProfile(words: words, headingWords: headingWords, stems: stems, counts: counts)
  }
}
