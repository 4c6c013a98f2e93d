import Foundation
import Graph
import NIOPosix
import Synchronization

/// The files that documents were made from, each kept once under the hash of its content.
///
/// A file is written beside its place, flushed to the disk and only then moved to its name: what has a name is whole, after
/// a power cut too. All calls run on the thread pool.
///
/// Where several nodes serve, the folder is a cache of what they have in common: see ``file(contentHash:)``.
final class OriginalFiles: Sendable {
  /// In seconds. Nothing that is going on now takes so long.
  static let oldAge = 3_600

  let folder: URL
  /// Where every node finds the files; `nil` when the folder is all there is.
  let shared: (any OriginalStore)?
  let threadPool: NIOThreadPool
  /// Files that are on their way from ``shared``.
  let fetches = Mutex<[String: OneShot<Void>]>([:])
  /// Hashes that somebody is about to give a job, and how many do: these files must not go, though no job needs them yet.
  private let pins = Mutex<[String: Int]>([:])

  /// - Parameter folder: made when it is needed.
  init(folder: URL, shared: (any OriginalStore)? = nil, threadPool: NIOThreadPool = .singleton) {
    self.folder = folder
    self.shared = shared
    self.threadPool = threadPool
  }

  var incoming: URL { folder.appending(path: "incoming") }

  /// Where the file with a hash is, or would be.
  func url(contentHash: String) -> URL {
    folder.appending(path: String(contentHash.prefix(2))).appending(path: contentHash)
  }

  // MARK: Writing

  /// Begins a file.
  /// - Throws: ``OriginalFileError``.
  func begin(limit: Int) async throws -> OriginalWriter {
    try await threadPool.runIfActive { try self.beginBlocking(limit: limit) }
  }

  func write(_ bytes: [UInt8], to writer: OriginalWriter) async throws {
    try await threadPool.runIfActive { try writer.write(bytes) }
  }

  /// Gives the file its name, and keeps it from being removed until ``release(_:)``.
  /// - Throws: ``OriginalFileError``; the file is gone then.
  func finish(_ writer: OriginalWriter) async throws -> StoredOriginal {
    try await threadPool.runIfActive { try self.finishBlocking(writer) }
  }

  func discard(_ writer: OriginalWriter) async {
    try? await threadPool.runIfActive { writer.discard() }
  }

  /// Copies a file of the user's.
  func copy(_ file: URL, limit: Int) async throws -> StoredOriginal {
    try await threadPool.runIfActive { try self.copyBlocking(file, limit: limit) }
  }

  /// The same, for who is on a thread pool already.
  func copyBlocking(_ file: URL, limit: Int) throws -> StoredOriginal {
    let writer = try beginBlocking(limit: limit)
    do {
      try writer.copy(file)
      return try finishBlocking(writer)
    } catch {
      writer.discard()
      throw error
    }
  }

  func beginBlocking(limit: Int) throws -> OriginalWriter {
    try Self.makeFolder(folder)
    try Self.makeFolder(incoming)
    return try OriginalWriter(in: incoming, limit: limit)
  }

  private func finishBlocking(_ writer: OriginalWriter) throws -> StoredOriginal {
    let original = try writer.close()
    pin(original.contentHash)
    do {
      try place(writer.url, as: original.contentHash)
    } catch {
      release(original.contentHash)
      throw error
    }
    return original
  }

  func place(_ file: URL, as hash: String) throws {
    let target = url(contentHash: hash)
    try Self.makeFolder(target.deletingLastPathComponent())
    guard rename(file.path, target.path) == 0 else { throw OriginalFileError(errno: errno) }
    // The name is as durable as the content only once its folder is on the disk as well.
    try Self.flush(target.deletingLastPathComponent())
  }

  // MARK: Removing

  /// Keeps a file from being removed until ``release(_:)``.
  func pin(_ hash: String) { pins.withLock { $0[hash, default: 0] += 1 } }

  /// Ends what ``finish(_:)`` began: by now a job or a document needs the file, or nothing does.
  func release(_ hash: String) {
    pins.withLock { pins in
      guard let count = pins[hash] else { return }
      pins[hash] = count > 1 ? count - 1 : nil
    }
  }

  /// Removes a file that nothing needs.
  func remove(contentHash: String) async throws {
    guard try await removeLocal(contentHash: contentHash) else { return }
    try await shared?.deleteOriginal(contentHash: contentHash)
  }

  /// - Returns: `false` when somebody here has pinned it.
  @discardableResult
  func removeLocal(contentHash: String) async throws -> Bool {
    let path = url(contentHash: contentHash).path
    return try await threadPool.runIfActive {
      self.pins.withLock { pins in
        guard pins[contentHash] == nil else { return false }
        unlink(path)
        return true
      }
    }
  }

  /// Removes what writers of processes that are gone have left.
  func removeLeftovers() async throws {
    let incoming = incoming
    try await threadPool.runIfActive {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: incoming.path)) ?? []
      for name in names where !OriginalWriter.belongsToAnotherProcess(name) {
        unlink(incoming.appending(path: name).path)
      }
    }
  }

  /// Files that are older than anything which is going on now; of a cache, those that nobody has used for that long.
  func abandonedHashes() async throws -> [String] {
    let folder = folder
    return try await threadPool.runIfActive {
      let enumerator = FileManager.default.enumerator(atPath: folder.path)
      let paths = (enumerator?.allObjects as? [String] ?? []).filter { $0.lastPart.utf8.count == 64 }
      let limit = time(nil) - Self.oldAge
      return paths.filter { path in
        var status = stat()
        guard lstat(folder.appending(path: path).path, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG && status.modificationSeconds < limit
      }.map(\.lastPart)
    }
  }

  private static func makeFolder(_ folder: URL) throws {
    guard access(folder.path, F_OK) != 0 else { return }
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw OriginalFileError(error)
    }
    try flush(folder.deletingLastPathComponent())
  }

  private static func flush(_ folder: URL) throws {
    let descriptor = open(folder.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw OriginalFileError(errno: errno) }
    defer { close(descriptor) }
    // Some file systems cannot flush a folder; what they can do is done.
    _ = fsync(descriptor)
  }
}

/// A file that is kept.
struct StoredOriginal: Sendable, Hashable {
  /// SHA-256, lower-case hexadecimal.
  var contentHash: String
  var byteCount: Int
}

/// Why a file could not be kept.
enum OriginalFileError: Error, Sendable, Hashable {
  case diskFull
  case tooLarge(limit: Int)
  /// The user's file cannot be read.
  case unreadable
  case failed(errno: Int32)
  /// What came from the other nodes' store is not what was put there.
  case damaged

  init(errno code: Int32) {
    self = code == ENOSPC || code == EDQUOT ? .diskFull : .failed(errno: code)
  }

  init(_ error: any Error) {
    let code = (error as NSError).userInfo[NSUnderlyingErrorKey].map { ($0 as? NSError)?.code ?? 0 } ?? 0
    let isFull = (error as? CocoaError)?.code == .fileWriteOutOfSpace
    self = isFull ? .diskFull : OriginalFileError(errno: Int32(clamping: code))
  }

  var failure: IngestionFailure {
    switch self {
    case .diskFull:
      IngestionFailure(
        "disk_full", "The server's disk is full, so the file was not kept. Make room and add it again.")
    case .tooLarge(let limit):
      IngestionFailure(
        "too_large",
        "The file is larger than \(Self.size(limit)), the most that is accepted. Split it, or raise "
          + "RILL_MAX_UPLOAD_BYTES.")
    case .unreadable:
      IngestionFailure("unreadable", "The file cannot be read. Check that it is there and its permissions.")
    case .failed:
      IngestionFailure(
        "store_failed", "The file could not be kept in the data folder. Try again in a moment.")
    case .damaged:
      IngestionFailure("store_failed", "The stored file is damaged. Add it again.")
    }
  }

  private static func size(_ bytes: Int) -> String {
    bytes >= 1_000_000 ? "\(bytes / 1_000_000) MB" : "\(bytes) bytes"
  }
}

extension stat {
  fileprivate var modificationSeconds: Int {
    #if canImport(Darwin)
      st_mtimespec.tv_sec
    #else
      st_mtim.tv_sec
    #endif
  }
}
