import Foundation
import Graph
import Storage
import Testing

@Suite("The lock of a data folder")
struct DataFolderLockTests {
  @Test("is held by one at a time, and free again afterwards, whatever happened meanwhile")
  func exclusive() async throws {
    struct Failure: Error {}
    try await withTemporaryFolder { folder in
      let value = try await DataFolderLock.withLock(of: folder) {
        await expectStoreError(.unavailable) { try await DataFolderLock.withLock(of: folder) {} }
        return 7
      }
      #expect(value == 7)
      await #expect(throws: Failure.self) {
        try await DataFolderLock.withLock(of: folder) { throw Failure() }
      }
      try await DataFolderLock.withLock(of: folder) {}
    }
  }

  @Test("leaves other folders and the database alone")
  func otherFolders() async throws {
    try await withTemporaryFolder { one in
      try await withTemporaryFolder { two in
        try await DataFolderLock.withLock(of: one) {
          try await DataFolderLock.withLock(of: two) {}
          // `rill ingest` writes while the server runs.
          try (try await SQLiteDatabase.open(folder: one)).close()
        }
      }
    }
  }

  @Test("says that the folder is not there")
  func missing() async throws {
    try await withTemporaryFolder { folder in
      await expectStoreError(.unavailable) {
        try await DataFolderLock.withLock(of: folder.appendingPathComponent("missing")) {}
      }
    }
  }
}
