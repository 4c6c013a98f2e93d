import Foundation
import Graph
import NIOCore
import TestSupport
import Testing

@testable import App

/// Archives and files that mean harm, through the API.
@Suite(.timeLimit(.minutes(2))) struct ArchiveTests {
  /// Made by Python's zipfile: notes/a.md, b.txt, .hidden.md, __MACOSX/x, ../up.md, photo.jpg, inner.zip with deep.md.
  private static let archive = """
    UEsDBBQAAAAAAAAAIVxUVQfoEAAAABAAAAAKAAAAbm90ZXMvYS5tZCMgQQoKVGV4dCBvZiBhLgpQSwMEFAAAAAAAAAAhXGV4\
    kdcLAAAACwAAAAUAAABiLnR4dFRleHQgb2YgYi4KUEsDBBQAAAAAAAAAIVwfKKpnAgAAAAIAAAAKAAAALmhpZGRlbi5tZG5v\
    UEsDBBQAAAAAAAAAIVwfKKpnAgAAAAIAAAAKAAAAX19NQUNPU1gveG5vUEsDBBQAAAAAAAAAIVwfKKpnAgAAAAIAAAAIAAAA\
    Li4vdXAubWRub1BLAwQUAAAAAAAAACFcaBVJJwcAAAAHAAAACQAAAHBob3RvLmpwZ//Y/+BhYmNQSwMEFAAAAAAAAAAhXJrJ\
    8XeDAAAAgwAAAAkAAABpbm5lci56aXBQSwMEFAAAAAAAAAAhXLuD8tcTAAAAEwAAAAcAAABkZWVwLm1kIyBEZWVwCgpEZWVw\
    IHRleHQuClBLAQIUAxQAAAAAAAAAIVy7g/LXEwAAABMAAAAHAAAAAAAAAAAAAACAAQAAAABkZWVwLm1kUEsFBgAAAAABAAEA\
    NQAAADgAAAAAAFBLAQIUAxQAAAAAAAAAIVxUVQfoEAAAABAAAAAKAAAAAAAAAAAAAACAAQAAAABub3Rlcy9hLm1kUEsBAhQD\
    FAAAAAAAAAAhXGV4kdcLAAAACwAAAAUAAAAAAAAAAAAAAIABOAAAAGIudHh0UEsBAhQDFAAAAAAAAAAhXB8oqmcCAAAAAgAA\
    AAoAAAAAAAAAAAAAAIABZgAAAC5oaWRkZW4ubWRQSwECFAMUAAAAAAAAACFcHyiqZwIAAAACAAAACgAAAAAAAAAAAAAAgAGQ\
    AAAAX19NQUNPU1gveFBLAQIUAxQAAAAAAAAAIVwfKKpnAgAAAAIAAAAIAAAAAAAAAAAAAACAAboAAAAuLi91cC5tZFBLAQIU\
    AxQAAAAAAAAAIVxoFUknBwAAAAcAAAAJAAAAAAAAAAAAAACAAeIAAABwaG90by5qcGdQSwECFAMUAAAAAAAAACFcmsnxd4MA\
    AACDAAAACQAAAAAAAAAAAAAAgAEQAQAAaW5uZXIuemlwUEsFBgAAAAAHAAcAfwEAALoBAAAAAA==
    """

  @Test("Each file of an archive is a document, archives in it included; each that cannot be has its reason")
  func contents() async throws {
    let bytes = Array(try #require(Data(base64Encoded: Self.archive)))
    try await withRill { rill in
      let answer = try await rill.client.upload([("box.zip", bytes)], query: "?folder=mail")
      #expect(
        answer.documents.map(\.source).sorted()
          == ["mail/box.zip/b.txt", "mail/box.zip/inner.zip/deep.md", "mail/box.zip/notes/a.md"])
      #expect(answer.failures.keys.contains { $0.contains("photo.jpg") })
      for document in answer.documents {
        #expect(try await rill.client.follow(document.id).last?.status == "ready")
      }
      #expect(
        try await rill.knowledge.search("deep", limit: 1).first?.source == "mail/box.zip/inner.zip/deep.md")
      // Neither the archive nor what was unpacked of it is kept beside the documents.
      #expect(try rill.originals().count == 3)
      #expect(try rill.leftovers().isEmpty)
      let again = try await rill.client.upload([("box.zip", bytes)], query: "?folder=mail")
      #expect(again.unchanged.count == 3)
      #expect(try rill.originals().count == 3)
    }
  }

  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "ExtractionTests/Fixtures")

  @Test("Of every format a document is made")
  func formats() async throws {
    try await withRill { rill in
      var files: [(name: String, content: [UInt8])] = [
        ("page.html", Array("<title>Page</title><h1>Page</h1><p>Hello page.</p>".utf8)),
        ("table.csv", Array("river,length\nRhine,1230\nElbe,1094\n".utf8)),
        ("main.swift", Array("func main() {\n  print(1)\n}\n".utf8)),
        ("data.json", Array(#"{"river": "Rhine"}"#.utf8)), ("notes.txt", Array("Plain notes.".utf8)),
      ]
      for name in ["guide.docx", "guide.epub", "guide.md", "guide.pdf"] {
        files.append((name, Array(try Data(contentsOf: Self.fixtures.appending(path: name)))))
      }
      let answer = try await rill.client.upload(files)
      #expect(answer.failures.isEmpty)
      #expect(answer.documents.count == files.count)
      for document in answer.documents {
        let end = try await rill.client.follow(document.id).last
        #expect(end?.status == "ready", "\(document.source)")
        #expect((end?.chunkCount ?? 0) > 0)
      }
      let pdf = try #require(answer.documents.first { $0.source == "guide.pdf" })
      let picture = try await rill.client.open(
        "GET", "/documents/\(pdf.id.wireString)/pages/1.png?width=200", bytes: nil
      ) { stream in
        (stream.status, stream.headers["content-type"], try await stream.nextChunk()?.readableBytes ?? 0)
      }
      #expect(picture.0 == 200)
      #expect(picture.1 == "image/png")
      #expect(picture.2 > 100)
      let page = try await rill.client.send(
        "GET", "/documents/\(pdf.id.wireString)/pages/1?start=0&end=40"
      ).decoded()
      #expect((page["highlights"] as? [Any])?.isEmpty == false)
      #expect((page["width"] as? Double ?? 0) > 100)
      let beyond = try await rill.client.send("GET", "/documents/\(pdf.id.wireString)/pages/999")
      #expect(beyond.status == 404)
    }
  }

  @Test("Ten hostile files each fail with their own reason, and an honest one among them is read")
  func hostile() async throws {
    func fixture(_ name: String) throws -> [UInt8] {
      Array(try Data(contentsOf: Self.fixtures.appending(path: name)))
    }
    let files: [(name: String, content: [UInt8], code: String)] = [
      ("bomb.zip/big.txt", try fixture("bomb.zip"), "too_large"),
      ("bomb.docx", try fixture("bomb.docx"), "too_large"),
      ("encrypted.pdf", try fixture("encrypted.pdf"), "encrypted"),
      ("scanned.pdf", try fixture("scanned.pdf"), "no_text"),
      ("cut.pdf", Array(try fixture("guide.pdf").prefix(700)), "damaged"),
      ("picture.pdf", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0], "wrong_format"),
      ("bytes.md", [0x61, 0xC3, 0x28, 0x0A], "not_text"), ("empty.txt", [], "no_text"),
      ("nul.csv", [0x61, 0, 0x62], "not_text"),
      ("cut.zip", Array(try fixture("bomb.zip").prefix(60)), "damaged"),
    ]
    try await withRill { rill in
      let good = (name: "good.md", content: Array("Good.".utf8))
      let answer = try await rill.client.upload(
        files.map { ($0.name.replacing("/big.txt", with: ""), $0.content) } + [good])
      var codes = answer.failures
      for document in answer.documents {
        let end = try await rill.client.follow(document.id).last
        codes[document.source] = end?.errorCode ?? end?.status
      }
      #expect(codes.removeValue(forKey: "good.md") == "ready")
      for file in files {
        #expect(codes[file.name] == file.code, "\(file.name)")
      }
      #expect(try rill.leftovers().isEmpty)
    }
  }
}
