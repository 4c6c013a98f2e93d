import Foundation
import Graph
import Testing

@testable import Providers

@Suite("The passages that the reranker remembers")
struct ProfileCacheTests {
  private static func passage(
    _ text: String, title: String = "Notes", headings: [String] = [], id: UUID = UUID()
  ) -> Passage {
    let chunk = Chunk(
      id: id, documentID: id, ordinal: 0, headings: headings, text: text,
      byteRange: 0..<text.utf8.count)
    return Passage(chunk: chunk, title: title, source: "", score: 0)
  }

  @Test("are known by chunk, text, title and headings, and a change of any of them is another passage")
  func keys() {
    let id = UUID()
    let passages = [
      Self.passage("river", id: id), Self.passage("river", title: "Notes river", id: id),
      Self.passage("river", headings: ["river"], id: id),
      Self.passage("river", headings: ["river", ""], id: id), Self.passage("riverriver", id: id),
      Self.passage("", headings: ["river"], id: id), Self.passage("", id: id), Self.passage("river"),
    ]
    #expect(Set(passages.map(ProfileCache.Key.init)).count == passages.count)
    #expect(ProfileCache.Key(Self.passage("river", id: id)) == ProfileCache.Key(passages[0]))
    let reader = StemReader()
    var chunk = Chunk(
      id: id, documentID: id, ordinal: 0, headings: [], text: "an otter", byteRange: 0..<8)
    let count = { (passage: Passage) -> Int32 in
      let reading = reader.read(question: "otters", passages: [passage])
      return reading.profiles[0].count(of: reading.question[0])
    }
    let passage = { Passage(chunk: chunk, title: "", source: "", score: 0) }
    #expect(count(passage()) == 1)
    // As a chunk that was replaced in its place: the id is the same.
    chunk.text = "an otter, the otter's otters"
    #expect(count(passage()) == 3)
    chunk.headings = ["Otters"]
    #expect(count(passage()) == 4)
  }

  @Test("are read as if they were met for the first time")
  func same() {
    let texts = ["the otter and the river", "river, rivers, 3.14", "", "don\u{2019}t", "otter 日本語"]
    let passages = texts.map { Self.passage($0, headings: ["River banks"]) }
    let reader = StemReader()
    for order in [passages, passages.reversed(), Array(passages.dropFirst(2))] {
      let expected = StemReader().read(question: "otters of rivers", passages: order)
      for _ in 0..<2 {
        let found = reader.read(question: "otters of rivers", passages: order)
        #expect(found.question == expected.question)
        #expect(found.isSubject == expected.isSubject)
        #expect(found.profiles.map(\.words) == expected.profiles.map(\.words))
        #expect(found.profiles.map(\.headingWords) == expected.profiles.map(\.headingWords))
        #expect(found.profiles.map(\.stems) == expected.profiles.map(\.stems))
        #expect(found.profiles.map(\.counts) == expected.profiles.map(\.counts))
      }
    }
  }

  @Test("take no more room than they may, and those that are asked for again stay")
  func bound() {
    let size = StemReader().read(question: "", passages: [Self.passage("river 0")]).profiles[0].byteCount
    var cache = ProfileCache(byteCount: 10 * size)
    let profile = StemReader().read(question: "", passages: [Self.passage("river 0")]).profiles[0]
    let first = ProfileCache.Key(Self.passage("first"))
    let often = ProfileCache.Key(Self.passage("often"))
    cache.keep(profile, first)
    cache.keep(profile, often)
    for number in 0..<200 {
      let key = ProfileCache.Key(Self.passage("river \(number)"))
      cache.keep(profile, key)
      #expect(cache[key] != nil)
      #expect(cache.count <= 10)
      if number.isMultiple(of: 3) { #expect(cache[often] != nil) }
    }
    #expect(cache[first] == nil)
  }
}
