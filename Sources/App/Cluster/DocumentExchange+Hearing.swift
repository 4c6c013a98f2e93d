import Foundation
import Graph
import Logging
import Synchronization

/// What other nodes say of documents.
extension DocumentExchange {
  /// Notes what was heard. Never waits: whoever listens has other things to hear.
  func receive(_ event: ClusterEvent) {
    switch event {
    case .connected: note { $0.hasMissed = true }
    case .message(.queued): queued.raise()
    case .message(.embedded): stored.raise()
    case .message(.document(let id)):
      note { inbox in
        inbox.progress[id] = nil
        inbox.changed.insert(id)
      }
    case .message(.endReading(let id, _)): note { $0.readings.insert(id) }
    case .message(.progress(let json)):
      guard let state = try? JSONDecoder().decode(DocumentState.self, from: json) else { return }
      note { $0.progress[state.id] = state }
    case .message: break
    }
  }

  private func note(_ change: (inout Inbox) -> Void) {
    inbox.withLock { inbox in
      change(&inbox)
      if inbox.count > Self.inboxCapacity { inbox = Inbox(hasMissed: true) }
    }
    heard.raise()
  }

  /// Looks at what was heard, until its task is cancelled.
  func hear() async {
    var nextLook = time.now() + Self.lookInterval
    var nextSilence = time.now() + Self.silence
    while !Task.isCancelled {
      let seen = heard.generation
      let now = time.now()
      if now >= nextLook {
        nextLook = now + Self.lookInterval
        let readings = readings.documentIDs
        inbox.withLock { $0.readings.formUnion(readings) }
      }
      if now >= nextSilence {
        nextSilence = now + Self.silence
        let silent = progress.unfinished(since: time.date() - Self.silence.seconds, limit: 50)
        inbox.withLock { $0.changed.formUnion(silent) }
      }
      while let news = takeNews() { await look(news) }
      await heard.wait(past: seen, atMost: Self.lookInterval, time: time)
    }
  }

  /// - Returns: what is urgent, and a part of the rest; `nil` when there is nothing.
  private func takeNews() -> Inbox? {
    guard !Task.isCancelled else { return nil }
    return inbox.withLock { inbox in
      guard !inbox.isEmpty else { return nil }
      let part = inbox.changed.prefix(20)
      let news = Inbox(
        changed: Set(part), progress: inbox.progress, readings: inbox.readings, hasMissed: inbox.hasMissed)
      inbox.changed.subtract(part)
      inbox.progress = [:]
      inbox.readings = []
      inbox.hasMissed = false
      return news
    }
  }

  private func look(_ news: Inbox) async {
    do {
      for id in news.readings { try await checkReading(of: id) }
      if news.hasMissed { try await catchUp() }
      for (id, state) in news.progress { try await show(id, told: state) }
      for id in news.changed { try await show(id, told: nil) }
    } catch is CancellationError {
      return
    } catch {
      logger.warning(
        "What other nodes said of documents cannot be looked at", metadata: ["error": "\(error)"])
      note { $0.hasMissed = true }
      try? await time.sleep(Self.lookInterval)
    }
  }

  /// Ends the readings of a document that the store wants no more. A message may come when the file is wanted again.
  private func checkReading(of id: UUID) async throws {
    let job = try await ingestion.job(documentID: id)
    readings.end(documentID: id, exceptHash: job?.state == .reading ? job?.contentHash : nil)
  }

  /// Looks at everything that is not finished.
  private func catchUp() async throws {
    queued.raise()
    stored.raise()
    var ids = Set(
      try await ingestion.jobs(limit: IngestionProgress.capacity / 2)
        .filter { $0.state == .queued || $0.state == .reading }.map(\.documentID))
    for event in progress.present().events {
      if case .document(let state) = event.news { ids.insert(state.id) }
    }
    let readings = readings.documentIDs
    inbox.withLock { inbox in
      inbox.changed.formUnion(ids)
      inbox.readings.formUnion(readings)
    }
  }

  /// Shows what the store says of a document.
  /// - Parameter told: what another node has said of it. That is shown without a look into the store as long as nothing
  ///   else is known to have happened since, here or there.
  private func show(_ id: UUID, told: DocumentState?) async throws {
    var known: DocumentState?
    let shown = try await progress.publish(id, origin: .otherNode) {
      known = progress.newest(of: id)
      if let told, let known, told.isLater(than: known) { return told }
      guard var state = try await directory.state(id: id) else { return nil }
      if state.status == .reading {
        let newest = [told, known].compactMap { $0 }.first { $0.isSameStep(as: state) }
        state.progress = newest?.progress
      }
      return state
    }
    guard let shown else { return progress.publishDeleted(id, origin: .otherNode) }
    if shown.status == .embedding || shown.status == .ready, known?.status != shown.status { stored.raise() }
  }
}

extension DocumentState {
  /// Whether nothing but the progress can have changed from one to the other.
  fileprivate func isSameStep(as other: DocumentState) -> Bool {
    status == other.status && updatedAt == other.updatedAt
  }

  fileprivate func isLater(than other: DocumentState) -> Bool {
    isSameStep(as: other) && (status != .embedding || embeddedCount >= other.embeddedCount)
  }
}
