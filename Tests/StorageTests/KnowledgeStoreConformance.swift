import Foundation
import Graph
import Testing

/// What every ``KnowledgeStore`` does.
enum KnowledgeStoreConformance {
  typealias Case = ConformanceCase<any KnowledgeStore>

  static let cases: [Case] = documents + searching + queries + texts + replacing + listing

  private static let documents: [Case] = [
    Case("gives back a document and its chunks as they were saved") { store async throws in
      let fixture = makeDocument(
        "Flüsse", headings: ["A \"quoted\" heading", "Small › Rill"], texts: ["One.", "Zwei ü.\r\n", "三"])
      #expect(try await store.save(fixture) == .added)
      #expect(try await store.document(id: fixture.document.id) == fixture.document)
      #expect(try await store.document(contentHash: "hash") == fixture.document)
      #expect(try await store.chunks(documentID: fixture.document.id) == fixture.chunks)
      #expect(try await store.document(id: UUID()) == nil)
      #expect(try await store.document(contentHash: "other") == nil)
      #expect(try await store.chunks(documentID: UUID()).isEmpty)
    },
    Case("lists documents, newest first, and counts them") { store in
      #expect(try await store.documentCount() == 0)
      for (index, seconds) in [1.0, 3, 2].enumerated() {
        _ = try await store.save(makeDocument("\(index)", source: "\(index)", hash: "\(index)", at: seconds))
      }
      #expect(try await store.documents().map(\.title) == ["1", "2", "0"])
      #expect(try await store.documentCount() == 3)
    },
    Case("leaves a document with the same content as it is") { store in
      let first = makeDocument()
      _ = try await store.save(first)
      let again = makeDocument("Renamed", source: "copy.md")
      #expect(try await store.save(again) == .unchanged(existing: first.document.id))
      #expect(try await store.documents() == [first.document])
      #expect(try await store.search("rill", limit: 10).count == 1)
    },
    Case("replaces what the same source said before") { store in
      _ = try await store.save(makeDocument(hash: "old", texts: ["ancient waterwheel"]))
      let new = makeDocument(hash: "new", texts: ["modern turbine"])
      #expect(try await store.save(new) == .replaced)
      #expect(try await store.documents() == [new.document])
      #expect(try await store.search("waterwheel", limit: 10).isEmpty)
      #expect(try await store.search("turbine", limit: 10).map(\.chunk) == new.chunks)
    },
    Case("forgets what a source said before, also when its new content is known from elsewhere") { store in
      let elsewhere = makeDocument("A", source: "a.md", hash: "same", texts: ["shared words"])
      _ = try await store.save(elsewhere)
      _ = try await store.save(makeDocument("B", source: "b.md", hash: "old", texts: ["outdated words"]))
      let copy = makeDocument("B", source: "b.md", hash: "same", texts: ["shared words"])
      #expect(try await store.save(copy) == .unchanged(existing: elsewhere.document.id))
      #expect(try await store.documents() == [elsewhere.document])
      #expect(try await store.search("outdated", limit: 10).isEmpty)
    },
    Case("deletes a document with its chunks and their words") { store in
      let gone = makeDocument(source: "a", hash: "a", headings: ["Uniqueheading"], texts: ["otter", "heron"])
      let kept = makeDocument("Kept", source: "b", hash: "b", texts: ["otter"])
      _ = try await store.save(gone)
      _ = try await store.save(kept)
      #expect(try await store.deleteDocument(id: gone.document.id) == gone.document)
      #expect(try await store.chunks(documentID: gone.document.id).isEmpty)
      #expect(try await store.search("otter heron Uniqueheading Rivers", limit: 10).map(\.title) == ["Kept"])
      #expect(try await store.deleteDocument(id: gone.document.id) == nil)
      #expect(try await store.save(gone) == .added)
    },
    Case("saves a document with all its chunks or not at all") { store async throws in
      let fixture = makeDocument(texts: ["one", "two"])
      let clash = [fixture.chunks[0], fixture.chunks[0]]
      await expectStoreError(.conflict) {
        _ = try await store.save(fixture.document, text: fixture.text, chunks: clash)
      }
      #expect(try await store.documents().isEmpty)
      #expect(try await store.search("one", limit: 10).isEmpty)
    },
    Case("keeps the old content when the new one cannot be saved") { store in
      let old = makeDocument(hash: "old", texts: ["heron"])
      _ = try await store.save(old)
      let new = makeDocument(hash: "new", texts: ["otter"])
      let clash = [new.chunks[0], new.chunks[0]]
      await expectStoreError(.conflict) {
        _ = try await store.save(new.document, text: new.text, chunks: clash)
      }
      #expect(try await store.search("heron", limit: 10).count == 1)
    },
    Case("counts the chunks itself") { store in
      let fixture = makeDocument(texts: ["one", "two"])
      var miscounted = fixture.document
      miscounted.chunkCount = 99
      _ = try await store.save(miscounted, text: fixture.text, chunks: fixture.chunks)
      #expect(try await store.documents() == [fixture.document])
    },
  ]

  private static let searching: [Case] = [
    Case("finds words in other forms, in any case, with or without diacritics") { store in
      _ = try await store.save(makeDocument(texts: ["Retrieving naïve streams was configured."]))
      for query in ["retrieval", "RETRIEVED", "stream", "naive", "naïve", "configuration"] {
        #expect(try await store.search(query, limit: 5).count == 1, "\(query)")
      }
      #expect(try await store.search("estuary", limit: 5).isEmpty)
    },
    Case("puts the passage first that has more and rarer words of the query") { store in
      let texts = [
        "A river flows.", "A river flows through a gorge.", "A river is wide.", "A lake is still.",
        "A pond is small.", "A river ends.",
      ]
      _ = try await store.save(makeDocument("Water", texts: texts))
      let found = try await store.search("river gorge", limit: 10)
      #expect(found.first?.chunk.text == texts[1])
      #expect(found.count == 4)
      let scores = found.map(\.score)
      #expect(scores == scores.sorted(by: >))
    },
    Case("prefers words in titles and headings to words in the text") { store in
      let filler = (0..<6).map { makeDocument("Filler", source: "\($0)", hash: "\($0)", texts: ["words"]) }
      for fixture in filler { _ = try await store.save(fixture) }
      _ = try await store.save(makeDocument("Text", source: "t", hash: "t", texts: ["about otters here"]))
      _ = try await store.save(
        makeDocument("Heading", source: "h", hash: "h", headings: ["Otters"], texts: ["about beasts here"]))
      _ = try await store.save(makeDocument("Otters", source: "o", hash: "o", texts: ["about beasts here"]))
      let titles = try await store.search("otters", limit: 10).map(\.title)
      #expect(titles.last == "Text")
      #expect(Set(titles) == ["Otters", "Heading", "Text"])
    },
    Case("names the document of a passage") { store in
      let fixture = makeDocument("Rivers of Europe", source: "notes/rivers.md", headings: ["Rill"])
      _ = try await store.save(fixture)
      let passage = try #require(try await store.search("stream", limit: 1).first)
      #expect(passage.title == "Rivers of Europe")
      #expect(passage.source == "notes/rivers.md")
      #expect(passage.chunk == fixture.chunks[0])
    },
    Case("gives at most as many passages as asked for") { store in
      _ = try await store.save(makeDocument(texts: (0..<9).map { "otter \($0)" }))
      #expect(try await store.search("otter", limit: 4).count == 4)
      #expect(try await store.search("otter", limit: 0).isEmpty)
      #expect(try await store.search("otter", limit: -1).isEmpty)
    },
  ]

  private static let queries: [Case] = [
    Case("drops stop words from the query while other words remain") { store in
      _ = try await store.save(makeDocument("T", texts: ["the one of this", "an otter swims"]))
      #expect(try await store.search("what is the otter?", limit: 10).map(\.chunk.text) == ["an otter swims"])
      #expect(try await store.search("the", limit: 10).map(\.chunk.text) == ["the one of this"])
    },
    Case("takes any text for a query") { store in
      _ = try await store.save(makeDocument(texts: ["an otter swims"]))
      let hostile = [
        "otter\"", "\"otter", "otter AND", "NOT otter", "otter*", "title:otter", "otter NEAR/2 swims",
        "(otter",
        "otter)", "^otter", "-otter", "otter; DROP TABLE chunks; --", "'otter", "{otter}", "otter\\",
        "a + otter", "%otter_", "otter\u{0}x", "OTTER\r\n", "\u{202E}otter", "otter OR OR",
      ]
      for query in hostile {
        #expect(try await store.search(query, limit: 10).count == 1, "\(query.debugDescription)")
      }
    },
    Case("finds nothing for a query without words") { store in
      _ = try await store.save(makeDocument())
      for query in ["", " \n", "?!", "***", "\"\"", "\u{1F30A}"] {
        #expect(try await store.search(query, limit: 10).isEmpty, "\(query.debugDescription)")
      }
    },
    Case("survives a query of a whole book") { store in
      _ = try await store.save(makeDocument(texts: ["an otter swims"]))
      let book = "otter " + (0..<20_000).map { "word\($0)" }.joined(separator: " ")
      #expect(try await store.search(book, limit: 10).count == 1)
    },
  ]
}
