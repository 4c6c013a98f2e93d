import Foundation
import Graph
import Testing

extension KnowledgeStoreConformance {
  static let texts: [Case] = [
    Case("gives back a text with its blocks and pages, however long it is") { store in
      var fixture = makeDocument(texts: ["One page. ", "Noch eine Seite. ü", "三"])
      fixture.document.pageCount = 2
      fixture.chunks[1].page = 2
      let long = String(repeating: "A longer text, ünd möre. ", count: 12_000)
      fixture.text = ExtractedText(
        title: "Title \"1\"", text: fixture.text.text + long,
        blocks: [
          TextBlock(kind: .heading(level: 2, title: "Ü \"x\""), range: 0..<4),
          TextBlock(kind: .paragraph, range: 4..<10), TextBlock(kind: .listItem, range: 10..<12),
          TextBlock(kind: .quote, range: 12..<13), TextBlock(kind: .table, range: 13..<200_000),
          TextBlock(kind: .code, range: 200_000..<200_001), TextBlock(kind: .other, range: 250_000..<250_010),
        ], pages: [0..<10, 10..<10, 12..<300_000])
      _ = try await store.save(fixture)
      #expect(try await store.text(documentID: fixture.document.id) == fixture.text)
      #expect(try await store.document(id: fixture.document.id) == fixture.document)
      #expect(try await store.chunks(documentID: fixture.document.id) == fixture.chunks)
      #expect(try await store.search("Seite", limit: 1).first?.chunk.page == 2)
      #expect(try await store.text(documentID: UUID()) == nil)
      var bare = makeDocument(source: "b", hash: "b", texts: [])
      bare.text = ExtractedText(title: nil, text: "", blocks: [])
      _ = try await store.save(bare)
      #expect(try await store.text(documentID: bare.document.id) == bare.text)
    },
    Case("gives back some chunks of a document, and one") { store in
      let fixture = makeDocument(texts: (0..<5).map { "\($0)" })
      _ = try await store.save(fixture)
      let id = fixture.document.id
      #expect(try await store.chunks(documentID: id, ordinals: 1..<3) == Array(fixture.chunks[1..<3]))
      #expect(try await store.chunks(documentID: id, ordinals: 4..<Int.max) == [fixture.chunks[4]])
      #expect(try await store.chunks(documentID: id, ordinals: 9..<12).isEmpty)
      #expect(try await store.chunk(id: fixture.chunks[3].id) == fixture.chunks[3])
      #expect(try await store.chunk(id: UUID()) == nil)
    },
    Case("finds a document by its source, and tells which ids are documents") { store in
      let fixture = makeDocument(source: "a/b.md")
      _ = try await store.save(fixture)
      #expect(try await store.document(source: "a/b.md") == fixture.document)
      #expect(try await store.document(source: "a") == nil)
      let id = fixture.document.id
      #expect(try await store.existingDocuments(among: [id, UUID()]) == [id])
      #expect(try await store.existingDocuments(among: []).isEmpty)
    },
  ]

  static let replacing: [Case] = [
    Case("replaces a document with the same id, whatever its source") { store in
      let old = makeDocument(source: "old.md", hash: "old", texts: ["ancient"])
      _ = try await store.save(old)
      var new = old.replaced(hash: "new", title: "Renamed", adding: ["modern"])
      new.document.source = "new.md"
      #expect(try await store.save(new) == .replaced)
      #expect(try await store.documents() == [new.document])
      #expect(try await store.document(source: "old.md") == nil)
      #expect(try await store.search("ancient", limit: 9).isEmpty)
      #expect(try await store.search("modern renamed", limit: 9).map(\.chunk) == new.chunks)
      #expect(try await store.text(documentID: new.document.id) == new.text)
    },
    Case("replaces both the document with the id and that from the source") { store in
      let first = makeDocument("First", source: "1", hash: "1", texts: ["first"])
      let second = makeDocument("Second", source: "2", hash: "2", texts: ["second"])
      _ = try await store.save(first)
      _ = try await store.save(second)
      var new = first.replaced(hash: "new", adding: ["third"])
      new.document.source = "2"
      #expect(try await store.save(new) == .replaced)
      #expect(try await store.documents() == [new.document])
      #expect(try await store.search("first second third", limit: 9).map(\.chunk) == new.chunks)
    },
    Case("stores the same content under the same id again, with what has changed around it") { store in
      let old = makeDocument()
      _ = try await store.save(old)
      let new = old.replaced(hash: "hash", title: "Better title", keeping: [0])
      #expect(try await store.save(new) == .replaced)
      #expect(try await store.documents() == [new.document])
      #expect(try await store.search("better", limit: 9).map(\.chunk) == new.chunks)
      #expect(try await store.search("rivers", limit: 9).isEmpty)
    },
    Case("finds a chunk that stays by its new headings and title, and no longer by the old ones") { store in
      let old = makeDocument("Lakes", headings: ["Depth"], texts: ["water", "mud"])
      _ = try await store.save(old)
      var new = old.replaced(hash: "new", title: "Ponds", keeping: [1, 0])
      for index in new.chunks.indices { new.chunks[index].headings = ["Surface"] }
      _ = try await store.save(new)
      for word in ["lakes", "depth"] { #expect(try await store.search(word, limit: 9).isEmpty) }
      for word in ["ponds", "surface"] { #expect(try await store.search(word, limit: 9).count == 2) }
      #expect(try await store.search("water", limit: 9).map(\.chunk) == [new.chunks[1]])
    },
    Case("keeps the old content with its words when a replacement fails") { store in
      let old = makeDocument(hash: "old", texts: ["heron", "otter"])
      _ = try await store.save(old)
      let new = old.replaced(hash: "new", keeping: [0], adding: ["beaver"])
      await expectStoreError(.conflict) {
        _ = try await store.save(new.document, text: new.text, chunks: new.chunks + [new.chunks[0]])
      }
      #expect(try await store.documents() == [old.document])
      #expect(try await store.chunks(documentID: old.document.id) == old.chunks)
      #expect(try await store.text(documentID: old.document.id) == old.text)
      #expect(try await store.search("otter heron beaver", limit: 9).count == 2)
    },
    Case("refuses a chunk with the id of another document's chunk") { store in
      let first = makeDocument(source: "1", hash: "1")
      _ = try await store.save(first)
      let second = makeDocument(source: "2", hash: "2")
      var chunks = second.chunks
      chunks[0] = Chunk(
        id: first.chunks[0].id, documentID: second.document.id, ordinal: 0, headings: [], text: "x",
        byteRange: 0..<1)
      await expectStoreError(.conflict) { [chunks] in
        _ = try await store.save(second.document, text: second.text, chunks: chunks)
      }
      #expect(try await store.documents() == [first.document])
    },
  ]

  static let listing: [Case] = [
    Case("lists documents page by page; those that come meanwhile disturb nothing") { store in
      let fixtures = (0..<7).map {
        makeDocument("\($0)", source: "\($0)", hash: "\($0)", texts: [], at: Double($0 / 2))
      }
      for fixture in fixtures { _ = try await store.save(fixture) }
      var titles: [String] = []
      var query = DocumentQuery(limit: 3)
      repeat {
        let page = try await store.documents(query)
        titles += page.documents.map(\.title)
        query.cursor = page.nextCursor
        let late = "late \(titles.count)"
        _ = try await store.save(makeDocument(late, source: late, hash: late, at: 99))
        _ = try await store.deleteDocument(id: page.documents[0].id)
      } while query.cursor != nil
      #expect(titles == ["6", "5", "4", "3", "2", "1", "0"])
      await expectStoreError(.conflict) {
        _ = try await store.documents(DocumentQuery(limit: 3, cursor: "nonsense"))
      }
    },
    Case("has no next page when the last one is full") { store in
      for index in 0..<4 { _ = try await store.save(makeDocument(source: "\(index)", hash: "\(index)")) }
      let first = try await store.documents(DocumentQuery(limit: 2))
      let second = try await store.documents(DocumentQuery(limit: 2, cursor: first.nextCursor))
      #expect(first.nextCursor != nil && second.nextCursor == nil)
      #expect(Set((first.documents + second.documents).map(\.id)).count == 4)
    },
    Case("lists documents by a part of their title or source, in any case, and by folder") { store in
      let samples = [
        ("Über Flüsse", "a/rivers.md"), ("50% of_lakes", "a/b/lakes.txt"), ("Seas", "ab/SEAS.md"),
        ("Root", "root.md"), ("Near", "a.md"), ("Near", "a-b/x.md"),
      ]
      for (title, source) in samples {
        _ = try await store.save(makeDocument(title, source: source, hash: source, texts: []))
      }
      func sources(_ text: String? = nil, folder: String? = nil) async throws -> Set<String> {
        Set(try await store.documents(DocumentQuery(text: text, folder: folder)).documents.map(\.source))
      }
      #expect(try await sources("ÜBER fl") == ["a/rivers.md"])
      #expect(try await sources("seas.MD") == ["ab/SEAS.md"])
      #expect(try await sources("%") == ["a/b/lakes.txt"])
      #expect(try await sources("f_l") == ["a/b/lakes.txt"])
      #expect(try await sources("'") == [])
      #expect(try await sources("") == Set(samples.map(\.1)))
      #expect(try await sources(folder: "a") == ["a/rivers.md", "a/b/lakes.txt"])
      #expect(try await sources("lakes", folder: "a/b/") == ["a/b/lakes.txt"])
      #expect(try await sources("root", folder: "a") == [])
      #expect(try await sources(folder: "") == Set(samples.map(\.1)))
    },
  ]
}
