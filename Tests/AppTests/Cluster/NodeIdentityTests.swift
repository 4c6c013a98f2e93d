import Foundation
import Graph
import Testing

@testable import App

@Suite("A node's identity")
struct NodeIdentityTests {
  @Test("stays in its data folder, and is another one in another folder")
  func stays() async throws {
    try await withIngestionFolder { folder in
      let first = try NodeIdentity.load(from: folder)
      #expect(try NodeIdentity.load(from: folder) == first)
      let other = folder.appending(path: "other")
      try DatabaseChoice.makeFolder(other)
      #expect(try NodeIdentity.load(from: other) != first)
    }
  }

  @Test("that cannot be read is made anew")
  func damaged() async throws {
    try await withIngestionFolder { folder in
      try folder.write("not an id", to: NodeIdentity.fileName)
      let id = try NodeIdentity.load(from: folder)
      #expect(try NodeIdentity.load(from: folder) == id)
    }
  }

  @Test("that cannot be kept is an error that says what to do")
  func unwritable() throws {
    let error = #expect(throws: StoreError.self) {
      try NodeIdentity.load(from: URL(filePath: "/proc/rill-has-no-place-here"))
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("Check its permissions") == true)
  }
}
