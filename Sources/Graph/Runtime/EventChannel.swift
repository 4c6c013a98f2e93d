import DequeModule
import Synchronization

/// A bounded asynchronous queue from many producers to one consumer.
///
/// - Sending into a free place takes one uncontended lock and never suspends. Sending into a full channel suspends until
///   the consumer has made room; suspended senders get their places in the order in which they came.
/// - The consumer takes everything that is there at once, so a lagging one pays for the lock once per batch, not once per
///   element. At most `capacity` elements wait in the channel and as many again in the consumer's iterator.
/// - Ended by the producers' side with ``finish(throwing:)``, by the consumer's with ``close()``.
///
/// Nothing in here owns a task: cancelling the task that sends or receives ends its wait with `CancellationError`.
public final class EventChannel<Element: Sendable>: Sendable {
  private struct SuspendedSender {
    let id: UInt64
    let element: Element
    let continuation: UnsafeContinuation<Void, any Error>
  }

  private enum Phase {
    case open
    case finished((any Error)?)
    case closed
  }

  private struct State {
    var buffer: [Element] = []
    /// Not empty only while the buffer is full.
    var senders: Deque<SuspendedSender> = []
    var consumer: UnsafeContinuation<Void, Never>?
    var nextSenderID: UInt64 = 0
    var phase = Phase.open

    mutating func takeConsumer() -> UnsafeContinuation<Void, Never>? {
      defer { consumer = nil }
      return consumer
    }
  }

  private enum Offer {
    case accepted(wake: UnsafeContinuation<Void, Never>?)
    case full
    case ended
  }

  /// How many elements wait in the channel before senders do.
  public let capacity: Int
  private let state = Mutex(State())

  /// - Precondition: `capacity` is at least 1.
  public init(capacity: Int) {
    precondition(capacity >= 1, "a channel holds at least one element")
    self.capacity = capacity
  }

  // MARK: Producers

  /// Sends an element, suspending while the channel is full.
  /// - Throws: `CancellationError` when the task is cancelled, or the channel was finished or closed. The element has
  ///   not been sent then.
  nonisolated(nonsending) public func send(_ element: Element) async throws {
    if try trySend(element) { return }
    try await sendSuspending(element)
  }

  /// Sends an element if there is a free place, without suspending.
  /// - Returns: `false` when the channel is full.
  /// - Throws: `CancellationError` as ``send(_:)`` does.
  public func trySend(_ element: Element) throws(CancellationError) -> Bool {
    guard !Task.isCancelled else { throw CancellationError() }
    let offer = state.withLock { state -> Offer in
      guard case .open = state.phase else { return .ended }
      guard state.buffer.count < capacity else { return .full }
      state.buffer.append(element)
      return .accepted(wake: state.takeConsumer())
    }
    switch offer {
    case .accepted(let consumer):
      consumer?.resume()
      return true
    case .full: return false
    case .ended: throw CancellationError()
    }
  }

  nonisolated(nonsending) private func sendSuspending(_ element: Element) async throws {
    let id = state.withLock { state in
      state.nextSenderID += 1
      return state.nextSenderID
    }
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        let offer = state.withLock { state -> Offer in
          // A cancellation before this lock is seen here, one after it finds the sender in the queue.
          guard case .open = state.phase, !Task.isCancelled else { return .ended }
          guard state.buffer.count >= capacity else {
            state.buffer.append(element)
            return .accepted(wake: state.takeConsumer())
          }
          state.senders.append(SuspendedSender(id: id, element: element, continuation: continuation))
          return .full
        }
        switch offer {
        case .accepted(let consumer):
          consumer?.resume()
          continuation.resume()
        case .full: break
        case .ended: continuation.resume(throwing: CancellationError())
        }
      }
    } onCancel: {
      let sender = state.withLock { state in
        state.senders.firstIndex { $0.id == id }.map { state.senders.remove(at: $0) }
      }
      sender?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Ends the channel from the producers' side: what was sent (also by suspended senders) is still delivered, then the
  /// consumer sees the end.
  /// - Parameter error: thrown to the consumer after the last element; `nil` for a plain end. Only the first call counts.
  public func finish(throwing error: (any Error)? = nil) {
    let consumer = state.withLock { state -> UnsafeContinuation<Void, Never>? in
      guard case .open = state.phase else { return nil }
      state.phase = .finished(error)
      return state.takeConsumer()
    }
    consumer?.resume()
  }

  /// Ends the channel from the consumer's side: what waits is dropped, and every send, suspended or later, throws
  /// `CancellationError`.
  public func close() {
    let (senders, consumer) = state.withLock { state in
      state.phase = .closed
      state.buffer = []
      defer { state.senders = [] }
      return (state.senders, state.takeConsumer())
    }
    for sender in senders { sender.continuation.resume(throwing: CancellationError()) }
    consumer?.resume()
  }

  // MARK: Consumer

  private enum Take {
    case batch(free: [UnsafeContinuation<Void, any Error>])
    case empty
    case ended((any Error)?)
  }

  /// Replaces the contents of `batch` with everything that waits, suspending until there is something.
  ///
  /// The array's storage becomes the channel's next buffer, so a consumer that passes the same array each time makes
  /// the channel run without allocations.
  /// - Returns: `false` at the end of the channel; `batch` is empty then.
  /// - Throws: the error of ``finish(throwing:)``, or `CancellationError` when the task is cancelled and nothing waits.
  nonisolated(nonsending) public func receive(into batch: inout [Element]) async throws -> Bool {
    batch.removeAll(keepingCapacity: true)
    while true {
      switch take(into: &batch) {
      case .batch(let free):
        for sender in free { sender.resume() }
        return true
      case .ended(nil): return false
      case .ended(let error?): throw error
      case .empty:
        try Task.checkCancellation()
        await waitForElements()
      }
    }
  }

  private func take(into batch: inout [Element]) -> Take {
    state.withLock { state in
      guard !state.buffer.isEmpty else {
        switch state.phase {
        case .open: return .empty
        case .finished(let error): return .ended(error)
        case .closed: return .ended(nil)
        }
      }
      swap(&state.buffer, &batch)
      guard !state.senders.isEmpty else { return .batch(free: []) }
      var free: [UnsafeContinuation<Void, any Error>] = []
      while state.buffer.count < capacity, let sender = state.senders.popFirst() {
        state.buffer.append(sender.element)
        free.append(sender.continuation)
      }
      return .batch(free: free)
    }
  }

  nonisolated(nonsending) private func waitForElements() async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let isReady = state.withLock { state -> Bool in
          precondition(state.consumer == nil, "an event channel has one consumer")
          guard case .open = state.phase, state.buffer.isEmpty, !Task.isCancelled else { return true }
          state.consumer = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.takeConsumer() }?.resume()
    }
  }
}

extension EventChannel {
  /// How many senders wait for a place.
  var suspendedSenderCount: Int { state.withLock { $0.senders.count } }
  /// Whether the consumer waits for an element.
  var isConsumerWaiting: Bool { state.withLock { $0.consumer != nil } }
}

extension EventChannel: AsyncSequence {
  /// The consumer's end. Only one iterator may be in use at a time.
  public struct Iterator: AsyncIteratorProtocol {
    // Inlinable, so that taking an element out of a batch is specialised in the consumer's module.
    @usableFromInline let channel: EventChannel
    @usableFromInline var batch: [Element] = []
    @usableFromInline var position = 0

    fileprivate init(channel: EventChannel) {
      self.channel = channel
    }

    @inlinable nonisolated(nonsending) public mutating func next() async throws -> Element? {
      if position == batch.count {
        position = 0
        guard try await channel.receive(into: &batch) else { return nil }
      }
      defer { position += 1 }
      return batch[position]
    }

    @inlinable public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Element? {
      try await next()
    }

    /// Everything that waits, at least one element; `nil` at the end.
    @inlinable nonisolated(nonsending) public mutating func nextBatch() async throws -> [Element]? {
      if position == batch.count {
        position = 0
        guard try await channel.receive(into: &batch) else { return nil }
      }
      defer {
        batch = []
        position = 0
      }
      return position == 0 ? batch : Array(batch[position...])
    }
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(channel: self)
  }
}
