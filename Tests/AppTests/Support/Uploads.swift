import Foundation
import Graph
import TestSupport

@testable import App

/// A document as the API shows it.
struct WireDocument: Sendable, Hashable {
  let id: UUID
  let title: String
  let source: String
  let status: String
  let mediaType: String
  let chunkCount: Int
  let embeddedCount: Int
  let errorCode: String?
  let hasOriginal: Bool

  init?(_ json: Any?) {
    guard let json = json as? [String: Any], let text = json["id"] as? String,
      let id = UUID(uuidString: text),
      let title = json["title"] as? String, let source = json["source"] as? String,
      let status = json["status"] as? String, let mediaType = json["media_type"] as? String
    else { return nil }
    (self.id, self.title, self.source, self.status, self.mediaType) = (id, title, source, status, mediaType)
    chunkCount = json["chunk_count"] as? Int ?? -1
    embeddedCount = json["embedded_count"] as? Int ?? -1
    errorCode = (json["error"] as? [String: Any])?["code"] as? String
    hasOriginal = json["has_original"] as? Bool ?? false
  }
}

/// What `POST /documents` answers.
struct UploadAnswer: Sendable {
  let status: Int
  var documents: [WireDocument] = []
  /// Codes by source.
  var failures: [String: String] = [:]
  var unchanged: [String: String] = [:]
  var code: String?

  init(_ response: HTTPTestClient.Response) throws {
    status = response.status
    let json = try response.decoded()
    code = json["code"] as? String
    documents = (json["documents"] as? [Any] ?? []).compactMap { WireDocument($0) }
    for failure in json["failures"] as? [[String: Any]] ?? [] {
      let error = failure["error"] as? [String: Any]
      failures[failure["source"] as? String ?? ""] = error?["code"] as? String
    }
    for item in json["unchanged"] as? [[String: Any]] ?? [] {
      unchanged[item["source"] as? String ?? ""] = item["document_id"] as? String
    }
  }
}

extension HTTPTestClient {
  static let boundary = "----a-boundary-7"

  static func form(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
    var body: [UInt8] = []
    for file in files {
      body += Array("--\(boundary)\r\n".utf8)
      body += Array("Content-Disposition: form-data; name=\"file\"; filename=\"\(file.name)\"\r\n".utf8)
      body += Array("Content-Type: application/octet-stream\r\n\r\n".utf8)
      body += file.content + Array("\r\n".utf8)
    }
    return body + Array("--\(boundary)--\r\n".utf8)
  }

  /// Uploads files in a form.
  func upload(_ files: [(name: String, content: [UInt8])], query: String = "") async throws -> UploadAnswer {
    try UploadAnswer(
      await send(
        "POST", "/documents\(query)",
        headers: ["content-type": "multipart/form-data; boundary=\(Self.boundary)"],
        bytes: Self.form(files)))
  }

  func upload(_ name: String, _ text: String) async throws -> UploadAnswer {
    try await upload([(name, Array(text.utf8))])
  }

  func document(_ id: UUID) async throws -> WireDocument? {
    WireDocument(try await send("GET", "/documents/\(id.wireString)").decoded())
  }

  func documents(_ query: String = "") async throws -> [WireDocument] {
    let json = try await send("GET", "/documents\(query)").decoded()
    return (json["documents"] as? [Any] ?? []).compactMap { WireDocument($0) }
  }

  /// The events of a document, to the end of its stream.
  func follow(_ id: UUID) async throws -> [WireDocument] {
    let body = try await send("GET", "/documents/\(id.wireString)/events").body
    return body.components(separatedBy: "\n").compactMap { line in
      guard line.hasPrefix("data: ") else { return nil }
      let json = try? JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8)) as? [String: Any]
      return WireDocument(json?["content"])
    }
  }
}
