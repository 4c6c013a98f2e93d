import Foundation
import Graph
import Synchronization

/// The folder of original files beside a SQLite database, each file under the hash of its content: `ab/abcdef…`.
///
/// Its calls run on a queue of their own, one after the other.
final class OriginalFolder: Sendable {
  /// The name of the folder in the data folder.
  static let name = "originals"
  static let partSize = 1 << 20

  private let folder: URL
  private let queue = DispatchQueue(label: "rill.copy.originals")
  /// The files that were not there before.
  private let added = Mutex<[URL]>([])

  /// - Parameter dataFolder: that of the database.
  init(dataFolder: URL) {
    folder = dataFolder.appendingPathComponent(Self.name, isDirectory: true)
  }

  /// - Returns: `nil` when the file is not there.
  func size(contentHash: String) async throws -> Int? {
    // What has no such name was never kept.
    guard let url = url(contentHash) else { return nil }
    return try await blocking {
      let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
      return (attributes?[.size] as? NSNumber)?.intValue
    }
  }

  /// - Returns: at most ``partSize`` bytes; empty at the end of the file.
  func part(contentHash: String, from offset: Int) async throws -> Data {
    guard let url = url(contentHash) else { throw Self.failure("name") }
    return try await blocking {
      let file = try FileHandle(forReadingFrom: url)
      defer { try? file.close() }
      try file.seek(toOffset: UInt64(offset))
      return try file.read(upToCount: Self.partSize) ?? Data()
    }
  }

  /// Writes a file beside its place, and moves it there when it is on the disk.
  func write(contentHash: String, nextPart: () async throws -> Data?) async throws {
    guard let url = url(contentHash) else { throw Self.failure("name") }
    let temporary = folder.appendingPathComponent("incoming/\(getpid())-\(UUID().uuidString)")
    do {
      let file = try await blocking {
        for parent in [temporary, url].map({ $0.deletingLastPathComponent() }) {
          try FileManager.default.createDirectory(
            at: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("errno \(errno)") }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      }
      while let part = try await nextPart() {
        try await blocking { try file.write(contentsOf: part) }
      }
      try await blocking {
        try file.synchronize()
        try file.close()
        let isNew = access(url.path, F_OK) != 0
        guard rename(temporary.path, url.path) == 0 else { throw Self.failure("errno \(errno)") }
        if isNew { self.added.withLock { $0.append(url) } }
      }
    } catch {
      unlink(temporary.path)
      throw error
    }
  }

  /// Removes the files that were written and that were not there before.
  func removeAdded() async throws {
    let urls = added.withLock { added in
      defer { added = [] }
      return added
    }
    try await blocking { for url in urls { unlink(url.path) } }
  }

  /// `nil` for what is no hash: a name from a database must not lead out of the folder.
  private func url(_ contentHash: String) -> URL? {
    guard contentHash.utf8.count == 64, contentHash.utf8.allSatisfy(Self.hexadecimal.contains) else {
      return nil
    }
    return folder.appendingPathComponent(String(contentHash.prefix(2)), isDirectory: true)
      .appendingPathComponent(contentHash)
  }

  private static let hexadecimal = Set("0123456789abcdef".utf8)

  private static func failure(_ detail: String) -> StoreError {
    StoreError(
      .failed, "An original file cannot be read or written. Check the disk and the permissions.",
      detail: detail)
  }

  private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
  {
    try await withCheckedThrowingContinuation { continuation in
      queue.async {
        continuation.resume(
          with: Result(catching: body).mapError { error in
            error is StoreError ? error : Self.failure(String(describing: error))
          })
      }
    }
  }
}
