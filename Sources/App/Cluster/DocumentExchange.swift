import Foundation
import Graph
import Logging
import Synchronization

/// What this node's documents have to do with the other nodes: it tells them what happens here, and shows here what they
/// say.
///
/// The store decides everything. A message is a hint to look into it, or a number that moves a bar; one that gets lost costs
/// time and nothing else.
final class DocumentExchange: Sendable {
  /// Nothing is told more often of one file.
  static let tellInterval = Duration.milliseconds(200)
  /// How often the store is asked whether the files that are being read here still shall be.
  static let lookInterval = Duration.seconds(3)
  /// A document that others have been silent about for so long is looked at in the store.
  static let silence = Duration.seconds(15)
  /// Bytes of what is told of a document in one message.
  static let messageSize = 4_096
  /// What waits to be looked at; with more, everything is.
  static let inboxCapacity = 10_000

  let cluster: any Cluster
  let progress: IngestionProgress
  let directory: DocumentDirectory
  let ingestion: any IngestionStore
  let readings: ActiveReadings
  /// Raised when files wait to be read.
  let queued: Signal
  /// Raised when chunks may wait for their vectors, or others have made them.
  let stored: Signal
  let time: RunTime
  let logger: Logger

  /// What was heard and not looked at yet.
  struct Inbox {
    var changed: Set<UUID> = []
    var progress: [UUID: DocumentState] = [:]
    var readings: Set<UUID> = []
    /// Something may have been said that was not heard.
    var hasMissed = false

    var isEmpty: Bool { changed.isEmpty && progress.isEmpty && readings.isEmpty && !hasMissed }
    var count: Int { changed.count + progress.count + readings.count }
  }

  let inbox = Mutex(Inbox())
  let heard = Signal()
  /// Up to where ``progress`` was told.
  private let told: Mutex<Int>

  init(
    cluster: any Cluster, progress: IngestionProgress, directory: DocumentDirectory,
    ingestion: any IngestionStore, readings: ActiveReadings, queued: Signal, stored: Signal, time: RunTime,
    logger: Logger
  ) {
    self.cluster = cluster
    self.progress = progress
    self.directory = directory
    self.ingestion = ingestion
    self.readings = readings
    self.queued = queued
    self.stored = stored
    self.time = time
    self.logger = logger
    told = Mutex(progress.position)
  }

  /// Works until its task is cancelled.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.tell() }
      group.addTask { await self.hear() }
    }
  }

  /// Sends a hint to every other node. A failure is not the caller's.
  func send(_ messages: [NodeMessage]) async {
    guard !messages.isEmpty else { return }
    do {
      try await cluster.send(messages, to: nil)
    } catch is CancellationError {
      return
    } catch {
      logger.debug("A message to the other nodes was lost", metadata: ["error": "\(error)"])
    }
  }

  /// Tells what has happened last: this node goes, and what it was reading waits for the others.
  func sayGoodbye() async {
    await send(news() + [.queued])
  }

  // MARK: What happens here

  private func tell() async {
    while !Task.isCancelled {
      await send(news())
      // What happens in the meantime is told together.
      guard (try? await time.sleep(Self.tellInterval)) != nil else { return }
      _ = await progress.wait(after: told.withLock { $0 }, atMost: .seconds(60), time: time)
    }
  }

  /// What has happened here since the last call.
  private func news() -> [NodeMessage] {
    let reading = told.withLock { told in
      let reading = progress.readOwn(after: told, limit: 1_000)
      told = reading.position
      return reading
    }
    return reading.events.compactMap { Self.message(about: $0.news) }
  }

  private static func message(about news: IngestionProgress.News) -> NodeMessage? {
    switch news {
    case .document(let state) where state.progress != nil:
      // Numbers move without a look into the store.
      guard let json = try? JSONEncoder().encode(state), json.count <= messageSize else {
        return .document(state.id)
      }
      return .progress(json)
    case .document(let state): return .document(state.id)
    case .deleted(let id): return .document(id)
    case .index: return nil
    }
  }
}
