import Foundation
import Graph
import NIOPosix
import Synchronization

/// Files that all nodes have in common. Without a store for them each call is about the folder alone.
extension OriginalFiles {
  /// Bytes that are read, sent or received at a time.
  private static let partSize = 1 << 20

  /// Finds a file for whoever is going to read it, and fetches it from the other nodes' store when it is not in the folder:
  /// once, however many ask for it.
  /// - Returns: where it is; `nil` when it is nowhere.
  /// - Throws: ``OriginalFileError``, ``StoreError``, `CancellationError`.
  func file(contentHash: String) async throws -> URL? {
    let url = url(contentHash: contentHash)
    while true {
      if try await exists(contentHash: contentHash) { return url }
      guard let shared else { return nil }
      let own = OneShot<Void>()
      let other = fetches.withLock { fetches -> OneShot<Void>? in
        if let other = fetches[contentHash] { return other }
        fetches[contentHash] = own
        return nil
      }
      if let other {
        // It may fail there, and then it is this one's turn.
        try await other.wait()
        continue
      }
      defer {
        fetches.withLock { $0[contentHash] = nil }
        own.fulfil(())
      }
      return try await fetch(contentHash, from: shared) ? url : nil
    }
  }

  /// Which of the files are kept.
  func kept(among hashes: Set<String>) async throws -> Set<String> {
    if let shared { return try await shared.storedOriginals(among: hashes) }
    return try await threadPool.runIfActive {
      hashes.filter { access(self.url(contentHash: $0).path, R_OK) == 0 }
    }
  }

  /// Lets the other nodes have a file that is in the folder and pinned. Called once more when a job or a document needs it,
  /// it makes sure that nobody has removed it in between.
  /// - Throws: ``StoreError``, ``OriginalFileError``.
  func share(_ original: StoredOriginal) async throws {
    guard let shared else { return }
    let reader = OriginalReader(url(contentHash: original.contentHash))
    try await shared.saveOriginal(contentHash: original.contentHash, byteCount: original.byteCount) {
      try await self.threadPool.runIfActive { try reader.next(Self.partSize) }
    }
  }

  /// Whether a file is in the folder. One of a cache counts as used now.
  func exists(contentHash: String) async throws -> Bool {
    let path = url(contentHash: contentHash).path
    let isCache = shared != nil
    return try await threadPool.runIfActive {
      guard access(path, R_OK) == 0 else { return false }
      if isCache { utimes(path, nil) }
      return true
    }
  }

  /// - Returns: `false` when the store has no such file.
  private func fetch(_ hash: String, from shared: any OriginalStore) async throws -> Bool {
    guard let size = try await shared.originalSize(contentHash: hash) else { return false }
    let writer = try await begin(limit: size)
    do {
      while writer.byteCount < size {
        let part = try await shared.original(contentHash: hash, from: writer.byteCount)
        guard let part, !part.isEmpty else {
          // It was removed in the middle.
          await discard(writer)
          return false
        }
        try await write(Array(part), to: writer)
      }
      try await threadPool.runIfActive {
        guard try writer.close().contentHash == hash else { throw OriginalFileError.damaged }
        try self.place(writer.url, as: hash)
      }
      return true
    } catch {
      await discard(writer)
      throw error
    }
  }

  /// Removes from a cache what nobody has used for a while.
  /// - Returns: the hashes of files that are older than anything which is going on now, for whoever knows what is needed.
  func sweep() async throws -> [String] {
    let old = try await abandonedHashes()
    guard let shared else { return old }
    for hash in old { try await removeLocal(contentHash: hash) }
    return try await shared.abandonedOriginals(olderThan: .seconds(Self.oldAge))
  }
}

/// A file that is read part by part. It blocks: call it on the thread pool, from one task at a time.
final class OriginalReader: Sendable {
  private let url: URL
  private let handle = Mutex<FileHandle?>(nil)

  init(_ url: URL) {
    self.url = url
  }

  /// - Returns: `nil` at the end.
  /// - Throws: ``OriginalFileError``.
  func next(_ count: Int) throws -> Data? {
    try handle.withLock { handle in
      do {
        let file = try handle ?? FileHandle(forReadingFrom: url)
        handle = file
        let part = try file.read(upToCount: count)
        return part?.isEmpty == false ? part : nil
      } catch {
        throw OriginalFileError(error)
      }
    }
  }
}
