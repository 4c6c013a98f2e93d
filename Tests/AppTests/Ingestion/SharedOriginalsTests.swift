import Foundation
import Graph
import Synchronization
import TestSupport
import Testing

@testable import App

/// The folder of originals as a cache of a store that several nodes have in common.
@Suite("Shared originals") struct SharedOriginalsTests {
  /// Keeps files in memory, and counts how often one is read from its beginning.
  private final class MemoryOriginals: OriginalStore {
    struct State {
      var files: [String: Data] = [:]
      var reads = 0
      var failure: StoreError?
    }

    let state = Mutex(State())

    func saveOriginal(
      contentHash: String, byteCount: Int, nextPart: @Sendable () async throws -> Data?
    ) async throws {
      if let failure = state.withLock({ $0.failure }) { throw failure }
      var file = Data()
      while let part = try await nextPart() {
        #expect(part.count <= 1 << 20)
        file.append(part)
      }
      #expect(file.count == byteCount)
      state.withLock { [file] in $0.files[contentHash] = file }
    }

    func originalSize(contentHash: String) async throws -> Int? {
      try state.withLock { state in
        if let failure = state.failure { throw failure }
        return state.files[contentHash]?.count
      }
    }

    func original(contentHash: String, from offset: Int) async throws -> Data? {
      state.withLock { state in
        if offset == 0 { state.reads += 1 }
        return (state.files[contentHash]?.dropFirst(offset).prefix(1 << 20)).map { Data($0) }
      }
    }

    func storedOriginals(among hashes: Set<String>) async throws -> Set<String> {
      state.withLock { hashes.intersection($0.files.keys) }
    }

    func deleteOriginal(contentHash: String) async throws {
      state.withLock { $0.files[contentHash] = nil }
    }

    func abandonedOriginals(olderThan age: Duration) async throws -> [String] { [] }
  }

  /// Two nodes with a folder each; the first has shared a file of more than two parts.
  private func withNodes(
    _ body: (OriginalFiles, OriginalFiles, MemoryOriginals, StoredOriginal) async throws -> Void
  ) async throws {
    try await withIngestionFolder { folder in
      let store = MemoryOriginals()
      let nodes = ["a", "b"].map { OriginalFiles(folder: folder.appending(path: $0), shared: store) }
      let text = String(repeating: "The river flows. ", count: 150_000)
      let original = try await nodes[0].copy(try folder.file("river.txt", text), limit: 10_000_000)
      try await nodes[0].share(original)
      try await body(nodes[0], nodes[1], store, original)
    }
  }

  @Test("A file is fetched once for all who want it, whole, and is in the folder then")
  func fetching() async throws {
    try await withNodes { first, second, store, original in
      let urls = try await withThrowingTaskGroup(of: URL?.self) { group in
        for _ in 0..<8 { group.addTask { try await second.file(contentHash: original.contentHash) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(urls) == [second.url(contentHash: original.contentHash)])
      #expect(store.state.withLock { $0.reads } == 1)
      #expect(
        try Data(contentsOf: second.url(contentHash: original.contentHash))
          == Data(contentsOf: first.url(contentHash: original.contentHash)))
      #expect(try await second.file(contentHash: String(repeating: "0", count: 64)) == nil)
    }
  }

  @Test("A file that is damaged in the store never gets its name, and a store that fails is told")
  func damage() async throws {
    try await withNodes { _, second, store, original async throws in
      store.state.withLock { $0.files[original.contentHash]?[7] ^= 1 }
      await #expect(throws: OriginalFileError.damaged) {
        try await second.file(contentHash: original.contentHash)
      }
      #expect(try await second.exists(contentHash: original.contentHash) == false)
      #expect(try FileManager.default.contentsOfDirectory(atPath: second.incoming.path).isEmpty)
      store.state.withLock { $0.failure = StoreError(.unavailable, "Away.") }
      await #expect(throws: StoreError.self) { try await second.file(contentHash: original.contentHash) }
    }
  }

  @Test("What nobody has used for an hour leaves the folder and comes back when it is wanted")
  func sweeping() async throws {
    try await withNodes { first, _, store, original in
      let path = first.url(contentHash: original.contentHash).path
      #expect(try await first.sweep().isEmpty)
      #expect(try await first.exists(contentHash: original.contentHash))
      let old = Date.now - 2 * 3_600
      try FileManager.default.setAttributes([.modificationDate: old], ofItemAtPath: path)
      // It is pinned since it was taken in.
      #expect(try await first.sweep().isEmpty)
      #expect(FileManager.default.fileExists(atPath: path))
      first.release(original.contentHash)
      #expect(try await first.sweep().isEmpty)
      #expect(!FileManager.default.fileExists(atPath: path))
      #expect(try await first.file(contentHash: original.contentHash)?.path == path)
      // It was used just now.
      #expect(try await first.sweep().isEmpty)
      #expect(FileManager.default.fileExists(atPath: path))
      try await first.remove(contentHash: original.contentHash)
      #expect(store.state.withLock { $0.files.isEmpty })
      #expect(try await first.file(contentHash: original.contentHash) == nil)
    }
  }
}
