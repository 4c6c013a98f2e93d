import Foundation
import Graph

/// What is known of the words of the candidates together, and of the question's words among them.
struct CandidateWords: Sendable {
  let profiles: [PassageProfile]
  /// The stems of the question's words that carry its subject, in order.
  let question: [Int32]
  /// Each of them once.
  let terms: [Int32]
  /// For each stem whether it can carry a subject.
  let isSubject: [Bool]
  /// For each stem of the question and of the candidates its inverse document frequency among the candidates.
  ///
  /// A word that all candidates share tells nothing about which of them is better, however rare it is elsewhere: with
  /// the frequencies of the whole collection nDCG@10 on Cranfield is 0.006 lower.
  let rarity: [Double]

  init(_ reading: StemReader.Reading) {
    profiles = reading.profiles
    question = reading.question
    isSubject = reading.isSubject
    var seen: Set<Int32> = []
    terms = question.filter { seen.insert($0).inserted }
    var frequency = [Int](repeating: 0, count: isSubject.count)
    for profile in profiles {
      for stem in profile.stems { frequency[Int(stem)] += 1 }
    }
    // Most words have one of a few frequencies.
    let total = profiles.count
    let rarityOfFrequency = (0...total).map { Self.inverseFrequency($0, of: total) }
    rarity = frequency.map { rarityOfFrequency[$0] }
  }

  func rarity(of stem: Int32) -> Double { rarity[Int(stem)] }

  /// BM25's inverse document frequency (Robertson and Spärck Jones). A word that no candidate has counts like one that a
  /// single candidate has: nobody can tell it from a filler.
  private static func inverseFrequency(_ frequency: Int, of total: Int) -> Double {
    let frequency = Double(max(frequency, 1))
    return log(1 + (Double(max(total, 1)) - min(frequency, Double(total)) + 0.5) / (frequency + 0.5))
  }
}
