import Foundation
import Graph
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Reads the files that wait, several at once, and stores what they hold.
///
/// A job is claimed, read on threads of the queue's own, and stored together with the end of the job: whenever the process
/// dies, a file is still waiting or its document is there.
struct IngestionQueue: Sendable {
  /// A file that was begun so many times without an end is not tried again by itself: it may be what ends the process. Some
  /// of the times may have been chance, as when the machine is switched off.
  static let maximumAttempts = 10
  /// How often the queue is looked at without being woken: another process may have put something into it.
  static let pollInterval = Duration.seconds(5)
  /// Progress is told at most so often for each file.
  static let reportInterval = Duration.milliseconds(100)

  let knowledge: any KnowledgeStore
  let ingestion: any IngestionStore
  let originals: OriginalFiles
  let library: DocumentLibrary
  let builder: DocumentBuilder
  let readings: ActiveReadings
  let exchange: DocumentExchange?
  let progress: IngestionProgress
  let queued: Signal
  /// Raised when a document was stored.
  let stored: Signal
  let metrics: KnowledgeMetrics
  let time: RunTime
  let logger: Logger
  /// One core is left for answers; and one long file never holds up all others.
  var readerCount = max(2, System.coreCount - 1)

  private let isStopping = StopFlag()

  /// Works until ``stop()``.
  func run() async throws {
    try await recover()
    let threads = NIOThreadPool(numberOfThreads: max(readerCount, 1))
    threads.start()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<readerCount { group.addTask { await readJobs(on: threads) } }
    }
    try await threads.shutdownGracefully()
  }

  /// Ends the readings: what they were at is read again at the next start.
  func stop() {
    isStopping.set()
    readings.interruptAll()
    queued.raise()
  }

  private func recover() async throws {
    try await originals.removeLeftovers()
    let count = try await ingestion.requeueClaimedJobs()
    if count > 0 { logger.notice("Interrupted readings found", metadata: ["count": "\(count)"]) }
    let waiting = try await ingestion.jobs(limit: IngestionProgress.capacity / 2)
      .filter { $0.state == .queued || $0.state == .reading }
    // Nothing has happened to them now that other nodes would have to hear of.
    for job in waiting.reversed() {
      try await library.publishState(of: job.documentID, origin: .otherNode)
    }
  }

  private func readJobs(on threads: NIOThreadPool) async {
    while !isStopping.isSet, !Task.isCancelled {
      let seen = queued.generation
      do {
        if let job = try await ingestion.claimJob(now: time.date()) {
          await withTaskCancellationHandler {
            await read(job, on: threads)
          } onCancel: {
            readings.interruptAll()
          }
          continue
        }
      } catch {
        logger.error("The queue of files cannot be read", metadata: ["error": "\(error)"])
      }
      guard !isStopping.isSet else { return }
      await queued.wait(past: seen, atMost: Self.pollInterval, time: time)
    }
  }

  private func read(_ job: IngestionJob, on threads: NIOThreadPool) async {
    let reading = readings.begin(documentID: job.documentID, contentHash: job.contentHash)
    defer { readings.end(reading) }
    do {
      // Whoever cancelled the job before this reading was known could not end it.
      guard let current = try await ingestion.job(documentID: job.documentID), current.state == .reading,
        current.contentHash == job.contentHash
      else { return }
      if isStopping.isSet { reading.interrupt() }
      try reading.check()
      guard job.attempts <= Self.maximumAttempts else { throw IngestionFailure.interrupted }
      let old = try await library.publishState(of: job.documentID)
      let result = try await build(job, reading, old, on: threads)
      guard reading.beginSaving() else { throw CancellationError() }
      try await save(result, job)
    } catch {
      await end(job, reading, after: error)
    }
  }

  private func build(
    _ job: IngestionJob, _ reading: Reading, _ state: DocumentState?, on threads: NIOThreadPool
  ) async throws -> DocumentBuilder.Result {
    originals.pin(job.contentHash)
    defer { originals.release(job.contentHash) }
    let file = try await self.file(of: job)
    let start = time.now()
    defer { metrics.extraction.record(seconds: (time.now() - start).seconds) }
    let (builder, progress, time) = (builder, progress, time)
    return try await threads.runIfActive {
      var lastReport: Duration?
      return try builder.build(job, file: file) { step in
        try reading.check()
        let now = time.now()
        guard var state, lastReport.map({ now - $0 >= Self.reportInterval }) ?? true else { return }
        lastReport = now
        state.status = .reading
        state.progress = step
        progress.publish(state)
      }
    }
  }

  private func file(of job: IngestionJob) async throws -> URL {
    do {
      guard let file = try await originals.file(contentHash: job.contentHash) else {
        throw IngestionFailure.originalMissing
      }
      return file
    } catch let error as OriginalFileError {
      throw error.failure
    }
  }

  private func save(_ result: DocumentBuilder.Result, _ job: IngestionJob) async throws {
    let old = try await knowledge.document(id: job.documentID)
    let outcome: SaveOutcome
    do {
      guard
        let saved = try await knowledge.finishReading(
          result.document, text: result.text, chunks: result.chunks)
      else {
        // It was cancelled or replaced in the last moment. Whoever did that has written it down.
        return
      }
      outcome = saved
    } catch let error as StoreError {
      logger.error("A document could not be stored", metadata: ["error": "\(error)"])
      throw IngestionFailure("store_failed", "The document could not be stored. Try again in a moment.")
    }
    metrics.documentStored()
    stored.raise()
    if case .unchanged(let existing) = outcome, existing != job.documentID {
      // The same content has come in under another name meanwhile, and what this source held before is gone. A newer upload
      // of it may be on its way already.
      if try await library.publishState(of: job.documentID) == nil { progress.publishDeleted(job.documentID) }
    } else {
      try await library.publishState(of: job.documentID)
    }
    if let old, old.contentHash != job.contentHash {
      try await library.removeOriginalIfUnneeded(old.contentHash)
    }
  }

  private func end(_ job: IngestionJob, _ reading: Reading, after error: any Error) async {
    switch error {
    case let failure as IngestionFailure:
      await end(job, .failed, failure.stored)
      metrics.jobFailed()
    case is CancellationError where reading.isCancelled:
      // Whoever cancelled it has written that down.
      break
    case is CancellationError:
      await end(job, .queued, nil)
    default:
      logger.error("A file could not be read", metadata: ["error": "\(error)"])
      let failure = IngestionFailure(
        "store_failed",
        "The file could not be read because of a failure inside Rill. Try again in a moment.")
      await end(job, .failed, failure.stored)
    }
  }

  private func end(
    _ job: IngestionJob, _ state: IngestionJob.State, _ failure: IngestionJob.Failure?
  ) async {
    while true {
      do {
        let isChanged = try await ingestion.endReading(
          documentID: job.documentID, contentHash: job.contentHash, state: state, failure: failure,
          now: time.date())
        if isChanged { try await library.publishState(of: job.documentID) }
        return
      } catch {
        logger.error("The end of a reading could not be stored", metadata: ["error": "\(error)"])
      }
      // As long as this node lives, nobody else ends what it has begun.
      guard exchange != nil, !isStopping.isSet, (try? await time.sleep(Self.pollInterval)) != nil else {
        return
      }
    }
  }
}

/// Set once, from anywhere.
final class StopFlag: Sendable {
  private let flag = Atomic<Bool>(false)
  var isSet: Bool { flag.load(ordering: .acquiring) }
  func set() { flag.store(true, ordering: .releasing) }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
