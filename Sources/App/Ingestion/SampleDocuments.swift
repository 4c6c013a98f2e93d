import Crypto
import Extraction
import Foundation
import Graph
import Logging
import NIOPosix

/// Rill's own documentation as the first documents of the knowledge base.
///
/// The pages are the Markdown files in `Public/knowledge`; a page `NAME.md` has the source `rill:NAME`. What was indexed is
/// remembered with its hash, so a page comes back only when a new version of Rill has changed it: one that the user has
/// deleted stays deleted, and a start without news reads the files and writes nothing. With `RILL_SAMPLE_DOCS=false`
/// this is not called; pages that are there already stay until they are deleted.
struct SampleDocuments: Sendable {
  /// The prefix of the pages' sources.
  static let sourcePrefix = "rill:"
  /// The setting that remembers the hash of each page.
  static let settingKey = "sample-documents"

  private let folder: URL
  private let services: KnowledgeServices
  private let settings: any SettingStore
  private let threadPool: NIOThreadPool
  private let logger: Logger

  /// - Parameter publicDirectory: the folder that holds `index.html`.
  init(
    publicDirectory: URL, services: KnowledgeServices, settings: any SettingStore,
    threadPool: NIOThreadPool = .singleton, logger: Logger
  ) {
    folder = publicDirectory.appendingPathComponent("knowledge", isDirectory: true)
    self.services = services
    self.settings = settings
    self.threadPool = threadPool
    self.logger = logger
  }

  /// Brings the pages up to date.
  ///
  /// - Returns: how many pages came to what; pages without news are not counted.
  /// - Throws: ``StoreError``.
  @discardableResult
  func index() async throws -> IngestionSummary {
    guard let cluster = services.exchange?.cluster else { return try await update() }
    // Of several servers that start at once, the first does it, and the others find it done.
    return try await cluster.exclusively(Self.settingKey) { try await update() }
  }

  private func update() async throws -> IngestionSummary {
    let known = try await remembered()
    let folder = folder
    let pages = try await threadPool.runIfActive { Self.pages(in: folder) }
    var summary = IngestionSummary()
    guard !pages.isEmpty else {
      logger.notice("Rill's own documentation is not there and is not indexed")
      return summary
    }
    let service = IngestionService(services: services, threadPool: threadPool)
    var hashes: [String: String] = [:]
    for page in pages {
      hashes[page.file.source] = page.hash
      guard known[page.file.source] != page.hash else { continue }
      let outcome = try await service.ingest(page.file)
      summary.count(outcome)
      if case .failed(let reason) = outcome {
        logger.warning(
          "A page of Rill's own documentation was not indexed",
          metadata: [
            "source": "\(page.file.source)", "reason": "\(reason)",
          ])
        hashes[page.file.source] = nil
      }
    }
    try await removePages(Set(known.keys).subtracting(hashes.keys))
    if hashes != known {
      try await settings.setSetting(Self.settingKey, to: Self.encode(hashes))
      logger.info("Rill's own documentation is indexed", metadata: ["result": "\(summary)"])
    }
    return summary
  }

  private struct Page: Sendable {
    let file: IngestionFile
    let hash: String
  }

  private static func pages(in folder: URL) -> [Page] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.sorted().filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") }.map { name in
      let url = folder.appendingPathComponent(name)
      let file = IngestionFile(
        url: url, source: sourcePrefix + name.dropLast(3), mediaType: DocumentFormat.markdown.mediaType)
      // A page that cannot be read has no hash, and the service says why.
      return Page(
        file: file, hash: (try? Data(contentsOf: url)).map { SHA256.hash(data: $0).hexadecimal } ?? "")
    }
  }

  /// Pages that this version of Rill no longer has.
  private func removePages(_ sources: Set<String>) async throws {
    guard !sources.isEmpty else { return }
    for source in sources {
      guard let document = try await services.knowledge.document(source: source) else { continue }
      try await services.library.delete(id: document.id)
    }
  }

  /// What was indexed so far; nothing when it cannot be read, and then every page is compared with the store again.
  private func remembered() async throws -> [String: String] {
    guard let json = try await settings.setting(Self.settingKey) else { return [:] }
    return (try? JSONDecoder().decode([String: String].self, from: Data(json.utf8))) ?? [:]
  }

  private static func encode(_ hashes: [String: String]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(hashes), as: UTF8.self)
  }
}
