import Foundation
import Graph
import TestSupport
import Testing

@testable import App

/// `POST /documents` over a real socket, until what was sent can be found.
@Suite(.timeLimit(.minutes(2))) struct DocumentUploadTests {
  @Test("A form with files is accepted, read, and found; each file has its own answer")
  func form() async throws {
    try await withRill { rill in
      let answer = try await rill.client.upload([
        ("notes/river.md", Array("# River\n\nA rill is a small stream.".utf8)),
        ("notes/.secret.md", Array("hidden".utf8)), ("photo.jpg", [0xFF, 0xD8, 0xFF]),
        ("../outside.md", Array("x".utf8)), ("/etc/passwd.txt", Array("x".utf8)),
      ])
      #expect(answer.status == 202)
      #expect(answer.documents.map(\.source) == ["notes/river.md"])
      #expect(answer.documents.map(\.title) == ["river.md"])
      #expect(
        answer.failures == [
          "notes/.secret.md": "hidden", "photo.jpg": "unsupported_format", "../outside.md": "bad_name",
          "/etc/passwd.txt": "bad_name",
        ])
      let document = try #require(answer.documents.first)
      let events = try await rill.client.follow(document.id)
      #expect(events.last?.status == "ready")
      #expect(events.last?.title == "River")
      #expect(events.last?.hasOriginal == true)
      #expect(
        try await rill.knowledge.search("small streams", limit: 1).first?.chunk.documentID == document.id)
      #expect(try await rill.client.documents().map(\.status) == ["ready"])
      let original = try await rill.client.send("GET", "/documents/\(document.id.wireString)/original")
      #expect(original.body == "# River\n\nA rill is a small stream.")
      #expect(original.headers["content-disposition"]?.hasPrefix("attachment") == true)
      #expect(original.headers["content-security-policy"]?.contains("sandbox") == true)
    }
  }

  @Test("A body can be the file itself, with its name in the address or in Content-Disposition")
  func rawBody() async throws {
    try await withRill { rill in
      let named = try UploadAnswer(
        await rill.client.send(
          "POST", "/documents?name=notes/a.md&folder=mine", headers: ["content-type": "text/markdown"],
          body: "# A\n\nText."))
      #expect(named.documents.map(\.source) == ["mine/notes/a.md"])
      let disposed = try UploadAnswer(
        await rill.client.send(
          "POST", "/documents",
          headers: [
            "content-type": "text/plain", "content-disposition": "attachment; filename*=UTF-8''%C3%A4.txt",
          ], body: "More text."))
      #expect(disposed.documents.map(\.source) == ["ä.txt"])
    }
  }

  @Test(
    "What cannot be taken has its status and code",
    arguments: [
      ("/documents?name=a.jpg", "image/jpeg", "x", 415, "UNSUPPORTED_MEDIA_TYPE"),
      ("/documents", "image/jpeg", "x", 415, "UNSUPPORTED_MEDIA_TYPE"),
      ("/documents", "text/plain", "x", 422, "INVALID_REQUEST"),
      ("/documents?name=a.txt", "text/plain", "", 422, "INVALID_REQUEST"),
      ("/documents?name=../a.txt", "text/plain", "x", 422, "BAD_NAME"),
      ("/documents", "multipart/form-data", "x", 400, "MALFORMED_FORM"),
      ("/documents", "multipart/form-data; boundary=b", "--b\r\nno end", 400, "MALFORMED_FORM"),
      ("/documents", "multipart/form-data; boundary=b", "--b--\r\n", 422, "NO_FILES"),
      ("/documents", "application/json", "{}", 422, "INVALID_REQUEST"),
      ("/documents", "application/json", #"{"url":"ftp://example.com/a"}"#, 422, "INVALID_REQUEST"),
      ("/documents", "application/json", #"{"url":"http://127.0.0.1:1/a"}"#, 422, "PRIVATE_ADDRESS"),
    ])
  func refusals(path: String, type: String, body: String, status: Int, code: String) async throws {
    try await withRill { rill in
      let answer = try UploadAnswer(
        await rill.client.send("POST", path, headers: ["content-type": type], body: body))
      #expect(answer.status == status)
      #expect(answer.code == code)
      #expect(try rill.leftovers().isEmpty)
    }
  }

  @Test("A file beyond the limit is refused, alone or among others, and leaves nothing behind")
  func tooLarge() async throws {
    try await withRill(configure: { $0.documents.uploadLimit = 100_000 }) { rill in
      let large = [UInt8](repeating: 0x61, count: 300_000)
      let raw = try UploadAnswer(
        await rill.client.send(
          "POST", "/documents?name=a.txt", headers: ["content-type": "text/plain"], bytes: large))
      #expect(raw.status == 413)
      let form = try await rill.client.upload([("large.txt", large), ("small.txt", Array("Small.".utf8))])
      #expect(form.documents.map(\.source) == ["small.txt"])
      #expect(form.failures == ["large.txt": "too_large"])
      #expect(try rill.leftovers().isEmpty)
    }
  }

  @Test("The same content is found by its hash, under whatever name it comes")
  func sameContent() async throws {
    try await withRill { rill in
      let first = try #require(try await rill.client.upload("a.md", "Same text.").documents.first)
      _ = try await rill.client.follow(first.id)
      for name in ["a.md", "b.md"] {
        let again = try await rill.client.upload(name, "Same text.")
        #expect(again.documents.isEmpty)
        #expect(again.unchanged == [name: first.id.wireString])
      }
      let twins = try await rill.client.upload([("x.md", Array("Twin.".utf8)), ("y.md", Array("Twin.".utf8))])
      #expect(twins.documents.map(\.source) == ["x.md"])
      #expect(Array(twins.unchanged.keys) == ["y.md"])
    }
  }

  @Test("A changed file keeps its document's id and replaces its chunks and its original")
  func replacement() async throws {
    try await withRill { rill in
      let first = try #require(try await rill.client.upload("a.md", "Old words stay here.").documents.first)
      _ = try await rill.client.follow(first.id)
      let old = try #require(try await rill.knowledge.document(id: first.id)).contentHash
      let second = try #require(try await rill.client.upload("a.md", "New text came.").documents.first)
      #expect(second.id == first.id)
      let events = try await rill.client.follow(first.id)
      #expect(events.last?.status == "ready")
      #expect(try await rill.knowledge.search("old words", limit: 5).isEmpty)
      #expect(try await rill.knowledge.search("new text", limit: 5).count == 1)
      #expect(try await rill.documents.originals.exists(contentHash: old) == false)
      #expect(try await rill.client.documents().count == 1)
    }
  }

  @Test("A file that takes the content of another is that document, and its own old one is gone")
  func movedContent() async throws {
    try await withRill { rill in
      let a = try #require(try await rill.client.upload("a.md", "First content.").documents.first)
      let b = try #require(try await rill.client.upload("b.md", "Second content.").documents.first)
      _ = try await rill.client.follow(a.id)
      _ = try await rill.client.follow(b.id)
      let again = try await rill.client.upload("a.md", "Second content.")
      #expect(again.unchanged == ["a.md": b.id.wireString])
      #expect(try await rill.client.documents().map(\.source) == ["b.md"])
    }
  }

  @Test("Deleting removes the document, its original, and its place in the list")
  func deletion() async throws {
    try await withRill { rill in
      let document = try #require(try await rill.client.upload("a.md", "Words.").documents.first)
      _ = try await rill.client.follow(document.id)
      let hash = try #require(try await rill.knowledge.document(id: document.id)).contentHash
      let path = "/documents/\(document.id.wireString)"
      #expect(try await rill.client.send("DELETE", path).status == 204)
      #expect(try await rill.client.send("GET", path).status == 404)
      #expect(try await rill.client.send("GET", path + "/content").status == 404)
      #expect(try await rill.client.documents().isEmpty)
      #expect(try await rill.documents.originals.exists(contentHash: hash) == false)
    }
  }

  @Test("A broken file fails with a reason, can be tried again, and does not hold up the others")
  func failure() async throws {
    try await withRill { rill in
      let answer = try await rill.client.upload([
        ("broken.txt", [0x61, 0xFF, 0xFE, 0x62, 0x0A]), ("good.txt", Array("Good.".utf8)),
      ])
      let broken = try #require(answer.documents.first { $0.source == "broken.txt" })
      let good = try #require(answer.documents.first { $0.source == "good.txt" })
      #expect(try await rill.client.follow(good.id).last?.status == "ready")
      let end = try #require(try await rill.client.follow(broken.id).last)
      #expect(end.status == "failed")
      #expect(end.errorCode == "not_text")
      let path = "/documents/\(broken.id.wireString)"
      let cancelled = try await rill.client.send("POST", path + "/cancel", body: "")
      #expect(cancelled.status == 409)
      let retried = try await rill.client.send("POST", path + "/retry", body: "")
      #expect(retried.status == 200)
      #expect(try await rill.client.follow(broken.id).last?.status == "failed")
      #expect(try await rill.client.send("DELETE", path).status == 204)
      let ready = try await rill.client.send(
        "POST", "/documents/\(good.id.wireString)/retry", body: "")
      #expect(ready.status == 409)
    }
  }
}

extension RillTestServer {
  /// Files of uploads that did not end.
  func leftovers() throws -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: documents.originals.incoming.path)) ?? []
  }
}
