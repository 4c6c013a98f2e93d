import DequeModule
import Foundation
import Synchronization

/// The newest state of each document that something happens to. Every connection that watches is a reader with a position.
///
/// Writers never wait, and nothing is queued for a reader: one that is slow finds the newest state of each document when it
/// comes back, and skips what was in between.
final class IngestionProgress: Sendable {
  /// How many documents are remembered. A reader that has missed one of those that were forgotten is told so.
  static let capacity = 10_000

  enum News: Sendable, Hashable {
    case document(DocumentState)
    case deleted(UUID)
    case index(EmbeddingState)
  }

  /// Who has seen it happen.
  enum Origin: Sendable, Hashable {
    case thisNode
    /// It was heard of, and those who said it need not hear it again.
    case otherNode
  }

  struct Event: Sendable, Hashable {
    var news: News
    var date: Date
    var origin = Origin.thisNode
  }

  /// What a reader gets.
  struct Reading: Sendable {
    var events: [Event]
    /// Where to read on.
    var position: Int
    /// Something after the reader's position has been forgotten.
    var isIncomplete = false
  }

  fileprivate struct State {
    var version = 0
    var entries: [UUID: (version: Int, event: Event)] = [:]
    /// In the order of versions; those that a newer one has overtaken are skipped.
    var order: Deque<(version: Int, id: UUID)> = []
    /// The newest version that was forgotten before something newer came of its document.
    var forgotten = 0
    var index: (version: Int, event: Event)?
    var isClosed = false
  }

  private let state = Mutex(State())
  private let signal = Signal()
  private let now: @Sendable () -> Date

  init(now: @escaping @Sendable () -> Date = { Date() }) {
    self.now = now
  }

  // MARK: Writers

  /// Publishes how far the reading of a document is.
  func publish(_ document: DocumentState, origin: Origin = .thisNode) {
    let event = Event(news: .document(document), date: now(), origin: origin)
    state.withLock { $0.add(event, of: document.id) }
    signal.raise()
  }

  /// Publishes what the store says of a document.
  ///
  /// Between the look at the store and the word of it, something newer may have been published, which must not be taken
  /// back: then the store is asked again.
  /// - Returns: `nil` when the document is gone.
  @discardableResult
  func publish(
    _ id: UUID, origin: Origin = .thisNode, from state: () async throws -> DocumentState?
  ) async throws -> DocumentState? {
    while true {
      let version = version(of: id)
      guard let document = try await state() else { return nil }
      let event = Event(news: .document(document), date: now(), origin: origin)
      let isPublished = self.state.withLock { state in
        guard (state.entries[id]?.version ?? 0) == version else { return false }
        // What was heard of may be known already.
        if origin == .otherNode, state.entries[id]?.event.news == event.news { return true }
        state.add(event, of: id)
        return true
      }
      guard isPublished else { continue }
      signal.raise()
      return document
    }
  }

  private func version(of id: UUID) -> Int { state.withLock { $0.entries[id]?.version ?? 0 } }

  func publishDeleted(_ id: UUID, origin: Origin = .thisNode) {
    let event = Event(news: .deleted(id), date: now(), origin: origin)
    let isNews = state.withLock { state in
      if origin == .otherNode, state.entries[id]?.event.news == event.news { return false }
      state.add(event, of: id)
      return true
    }
    if isNews { signal.raise() }
  }

  func publish(_ index: EmbeddingState) {
    let date = now()
    let isNews = state.withLock { state in
      if case .index(index) = state.index?.event.news { return false }
      state.version += 1
      state.index = (state.version, Event(news: .index(index), date: date))
      return true
    }
    if isNews { signal.raise() }
  }

  /// Ends every reader: the server is shutting down.
  func close() {
    state.withLock { $0.isClosed = true }
    signal.raise()
  }

  // MARK: Readers

  /// What is unfinished now, to begin with.
  func present() -> Reading {
    state.withLock { state in
      let events = state.order.compactMap { item -> Event? in
        guard let entry = state.entries[item.id], entry.version == item.version,
          case .document(let document) = entry.event.news, document.status.isUnfinished
        else { return nil }
        return entry.event
      }
      return Reading(events: [state.index?.event].compactMap { $0 } + events, position: state.version)
    }
  }

  /// The newest state of a document, when something has happened to it lately.
  func newest(of id: UUID) -> DocumentState? {
    state.withLock { state in
      guard case .document(let document) = state.entries[id]?.event.news else { return nil }
      return document
    }
  }

  /// Documents that something was to happen to soon, and that nothing has been heard of since a moment.
  func unfinished(since date: Date, limit: Int) -> [UUID] {
    state.withLock { state in
      var found: [UUID] = []
      for item in state.order where found.count < limit {
        guard let entry = state.entries[item.id], entry.version == item.version, entry.event.date < date,
          case .document(let document) = entry.event.news,
          document.status == .reading || document.status == .embedding
        else { continue }
        found.append(item.id)
      }
      return found
    }
  }

  var position: Int { state.withLock { $0.version } }

  /// What has happened here, for the other nodes; also while the server is shutting down.
  func readOwn(after position: Int, limit: Int) -> Reading {
    var reading = state.withLock { $0.read(after: position, limit: limit) }
    reading.events.removeAll { $0.origin == .otherNode }
    return reading
  }

  /// - Parameter only: one document, or all of them and the index.
  /// - Returns: `nil` when the server is shutting down.
  func read(after position: Int, only id: UUID? = nil, limit: Int = 100) -> Reading? {
    state.withLock { state -> Reading? in
      guard !state.isClosed else { return nil }
      return if let id { state.read(after: position, of: id) } else {
        state.read(after: position, limit: limit)
      }
    }
  }

  /// Waits for something after a position.
  /// - Returns: `false` when there was nothing for so long.
  func wait(after position: Int, atMost limit: Duration, time: RunTime) async -> Bool {
    let generation = signal.generation
    guard state.withLock({ $0.version == position && !$0.isClosed }) else { return true }
    return await signal.wait(past: generation, atMost: limit, time: time)
  }
}

extension IngestionProgress.State {
  fileprivate mutating func add(_ event: IngestionProgress.Event, of id: UUID) {
    version += 1
    entries[id] = (version, event)
    order.append((version, id))
    if order.count > 2 * entries.count + 64 {
      order = Deque(order.filter { entries[$0.id]?.version == $0.version })
    }
    while entries.count > IngestionProgress.capacity, let oldest = order.popFirst() {
      guard entries[oldest.id]?.version == oldest.version else { continue }
      entries[oldest.id] = nil
      forgotten = oldest.version
    }
  }

  fileprivate func read(after position: Int, of id: UUID) -> IngestionProgress.Reading {
    guard let entry = entries[id], entry.version > position else {
      return .init(events: [], position: version, isIncomplete: entries[id] == nil && position < forgotten)
    }
    return .init(events: [entry.event], position: version)
  }

  fileprivate func read(after position: Int, limit: Int) -> IngestionProgress.Reading {
    var reading = IngestionProgress.Reading(
      events: [], position: version, isIncomplete: position < forgotten)
    if let index, index.version > position { reading.events.append(index.event) }
    for item in order.suffix(from: firstIndex(after: position))
    where entries[item.id]?.version == item.version {
      guard reading.events.count < limit, let entry = entries[item.id] else {
        // The rest comes with the next call; an index that is repeated then does no harm.
        reading.position = item.version - 1
        break
      }
      reading.events.append(entry.event)
    }
    return reading
  }

  private func firstIndex(after position: Int) -> Int {
    var (low, high) = (order.startIndex, order.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if order[middle].version > position { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
