public import Foundation

/// Keeps the files that documents were made from where every node can read them.
public protocol OriginalStore: Sendable {
  /// Stores a file, all of it or nothing. When a file with this hash is there, its age begins anew and nothing else
  /// happens.
  /// - Parameter nextPart: the file's next bytes, at most 1 MiB; `nil` at its end.
  /// - Throws: ``StoreError``, and what `nextPart` throws.
  func saveOriginal(
    contentHash: String, byteCount: Int, nextPart: @Sendable () async throws -> Data?
  ) async throws
  /// - Returns: the file's size in bytes; `nil` when it is not there.
  func originalSize(contentHash: String) async throws -> Int?
  /// - Returns: up to 1 MiB from an offset; empty at the end of the file, `nil` when it is not there.
  func original(contentHash: String, from offset: Int) async throws -> Data?
  /// Which of the hashes are those of files that are there.
  func storedOriginals(among hashes: Set<String>) async throws -> Set<String>
  /// Does nothing when there is none, when a document or a job needs it, and when somebody saves it at this moment.
  func deleteOriginal(contentHash: String) async throws
  /// The hashes of files that are older than `age` and that no document and no job needs.
  func abandonedOriginals(olderThan age: Duration) async throws -> [String]
}
