import Extraction
import Foundation
import Graph
import Logging
import NIOPosix

/// Keeps the knowledge base like a folder: what is new or changed in it is read, what has left it is deleted.
///
/// The folder is compared as a whole with what is remembered of it, whatever told that something might have changed; so
/// nothing is missed while Rill is not running, and a restart reads nothing again.
///
/// What is remembered belongs to the knowledge base, not to a server: of several servers only one may watch a folder.
struct FolderWatcher: Sendable {
  static let settingKey = "watched-folder"
  /// How long a file must stay as it is before it is read: it may still be being copied.
  static let settling = Duration.seconds(1)
  /// How often the folder is looked at where the system tells of no changes.
  static let pollInterval = Duration.seconds(2)
  /// How often it is looked at all the same: folders of other machines make no events.
  static let longestInterval = Duration.seconds(60)

  let folder: URL
  let knowledge: any KnowledgeStore
  let settings: any SettingStore
  let intake: DocumentIntake
  let library: DocumentLibrary
  let time: RunTime
  let logger: Logger
  var threadPool: NIOThreadPool = .singleton

  /// What tells whether a file has changed without reading it.
  struct Stamp: Sendable, Hashable, Codable {
    var size: Int
    /// Nanoseconds since 1970.
    var modified: Int64
    var inode: UInt64
  }

  struct Entry: Sendable, Hashable, Codable {
    var stamp: Stamp
    /// `nil` for a file that could not be taken in.
    var contentHash: String?
  }

  /// What is remembered, by the path in the folder.
  struct Memory: Sendable, Hashable, Codable {
    var folder: String
    var entries: [String: Entry] = [:]
  }

  /// The folder's name: sources begin with it.
  var name: String { folder.lastPathComponent }

  /// Works until its task is cancelled.
  func run() async throws {
    let events = FolderEvents()
    var memory = await remembered()
    var last: [String: Stamp] = [:]
    while !Task.isCancelled {
      let seen = events?.changed.generation
      var hasNewFolders = false
      do {
        if let found = try await threadPool.runIfActive({ FolderScan.contents(of: folder) }) {
          hasNewFolders = events?.watch(found.folders) ?? false
          try await update(
            &memory, with: found.files, stable: found.files.filter { last[$0.key] == $0.value })
          last = found.files
        } else {
          // A disk that is not mounted must not empty the knowledge base.
          logger.warning("The watched folder is not there", metadata: ["key": "RILL_WATCH"])
        }
      } catch is CancellationError {
        return
      } catch {
        logger.error("The watched folder could not be followed", metadata: ["error": "\(error)"])
      }
      let isSettled = !hasNewFolders && last.allSatisfy { memory.entries[$0.key]?.stamp == $0.value }
      if isSettled, let events, let seen, events.isComplete {
        await events.changed.wait(past: seen, atMost: Self.longestInterval, time: time)
      } else {
        try? await time.sleep(isSettled ? Self.pollInterval : Self.settling)
      }
    }
  }

  /// Brings the knowledge base to what was found.
  /// - Parameter stable: the files that have not changed between two looks.
  func update(
    _ memory: inout Memory, with found: [String: Stamp], stable: [String: Stamp]
  ) async throws {
    let old = memory
    let gone = memory.entries.keys.filter { found[$0] == nil }.sorted()
    for path in gone {
      let entry = memory.entries.removeValue(forKey: path)
      try await remove(path, entry?.contentHash, &memory)
    }
    let changed = stable.filter { memory.entries[$0.key]?.stamp != $0.value }
    for path in changed.keys.sorted() {
      guard let stamp = changed[path] else { continue }
      memory.entries[path] = Entry(stamp: stamp, contentHash: try await add(path, memory.entries[path]))
    }
    if memory != old { try await remember(memory) }
  }

  private func add(_ path: String, _ old: Entry?) async throws -> String? {
    let source: String
    let original: StoredOriginal
    do {
      source = try SourceName.make(path, folder: name)
      original = try await intake.originals.copy(folder.appending(path: path), limit: intake.limit)
    } catch let failure as IngestionFailure {
      logger.warning("A watched file was left out", metadata: ["reason": "\(failure.message)"])
      return nil
    } catch let error as OriginalFileError {
      logger.warning(
        "A watched file was left out", metadata: ["file": "\(path)", "reason": "\(error.failure.message)"])
      return nil
    }
    if original.contentHash == old?.contentHash {
      // Touched, not changed; and if the user has deleted the document, it stays deleted.
      intake.originals.release(original.contentHash)
      try await library.removeOriginalIfUnneeded(original.contentHash)
      return original.contentHash
    }
    let result = try await intake.take([.init(original: original, source: source)])
    for failure in result.failures {
      logger.warning(
        "A watched file was left out",
        metadata: ["file": "\(failure.source)", "reason": "\(failure.failure.message)"])
    }
    return original.contentHash
  }

  private func remove(_ path: String, _ hash: String?, _ memory: inout Memory) async throws {
    let source = name + "/" + path
    for id in try await documents(of: source) { try? await library.delete(id: id) }
    // A second file with the same content had no document of its own.
    guard let hash, let twin = memory.entries.first(where: { $0.value.contentHash == hash })?.key else {
      return
    }
    memory.entries[twin]?.contentHash = nil
    memory.entries[twin]?.stamp.modified = 0
  }

  /// The documents that came from a file: one, or those of an archive.
  private func documents(of source: String) async throws -> Set<UUID> {
    var ids: Set<UUID> = []
    if let document = try await knowledge.document(source: source) { ids.insert(document.id) }
    if let job = try await intake.ingestion.job(source: source) { ids.insert(job.documentID) }
    if source.lowercased().hasSuffix(".zip") {
      let inside = try await knowledge.documents(DocumentQuery(folder: source, limit: .max))
      ids.formUnion(inside.documents.map(\.id))
      for job in try await intake.ingestion.jobs(limit: .max) where job.source.hasPrefix(source + "/") {
        ids.insert(job.documentID)
      }
    }
    return ids
  }

  // MARK: Memory

  /// What was remembered of this folder; another folder begins anew.
  private func remembered() async -> Memory {
    let path = folder.standardizedFileURL.path
    let json = try? await settings.setting(Self.settingKey)
    let memory = json.flatMap { try? JSONDecoder().decode(Memory.self, from: Data($0.utf8)) }
    return memory.flatMap { $0.folder == path ? $0 : nil } ?? Memory(folder: path)
  }

  private func remember(_ memory: Memory) async throws {
    let json = String(decoding: try JSONEncoder().encode(memory), as: UTF8.self)
    try await settings.setSetting(Self.settingKey, to: json)
  }
}

/// Looks at all files of a folder. It blocks: call it on a thread pool.
struct FolderScan {
  /// The files that can be read by their names, by their paths in the folder; links are not followed.
  private(set) var files: [String: FolderWatcher.Stamp] = [:]
  /// Every folder that was looked into.
  private(set) var folders: Set<String> = []

  /// - Returns: `nil` when the folder itself is not there.
  static func contents(of folder: URL) -> FolderScan? {
    guard access(folder.path, R_OK | X_OK) == 0 else { return nil }
    var scan = FolderScan()
    scan.search(folder.path, prefix: "")
    return scan
  }

  private mutating func search(_ path: String, prefix: String) {
    folders.insert(path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where !name.hasPrefix(".") && name != "node_modules" {
      var status = stat()
      guard lstat(path + "/" + name, &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: search(path + "/" + name, prefix: prefix + name + "/")
      case S_IFREG where DocumentFormat(fileName: name) != nil:
        files[prefix + name] = FolderWatcher.Stamp(status)
      default: continue
      }
    }
  }
}

extension FolderWatcher.Stamp {
  fileprivate init(_ status: stat) {
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    self.init(
      size: Int(status.st_size), modified: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec),
      inode: UInt64(status.st_ino))
  }
}
