import Foundation
import Testing

/// A recorded stream and what any parser must make of it; the page's tests read the same files.
struct EventStreamFixture: CustomTestStringConvertible, Sendable {
  struct Event: Codable, Hashable, Sendable {
    var event: String
    var data: String
    var id: String
  }

  struct Expectation: Codable, Hashable, Sendable {
    var events: [Event] = []
    var retry: Int?
  }

  let name: String
  let bytes: [UInt8]
  let expected: Expectation

  var testDescription: String { name }

  static let all: [EventStreamFixture] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Fixtures/sse").standardizedFileURL
    let files = try! FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return files.filter { $0.pathExtension == "txt" }.sorted { $0.path < $1.path }.map { file in
      let json = try! Data(contentsOf: file.deletingPathExtension().appendingPathExtension("json"))
      return EventStreamFixture(
        name: file.deletingPathExtension().lastPathComponent,
        bytes: Array(try! Data(contentsOf: file)),
        expected: try! JSONDecoder().decode(Expectation.self, from: json))
    }
  }()
}
