import Synchronization

/// What the transport's thread tells about a transfer. All calls come from that thread.
protocol TransferReceiver: Sendable {
  func receive(_ head: HTTPResponseHead, waking batch: WakeupBatch) -> TransferVerdict
  func receive(_ bytes: UnsafeRawBufferPointer, waking batch: WakeupBatch) -> TransferVerdict
  /// The last call: the transfer's handle is gone, and so is its connection unless the response was whole.
  func end(_ error: HTTPTransportError?, waking batch: WakeupBatch)
}

/// What becomes of a piece of a response.
enum TransferVerdict {
  case taken
  /// The piece was not taken: offer it again after ``TransferCommand/resume``.
  case pause
  /// The response is of no use; the transfer shall end.
  case abandon
}

/// One request and its response: the bounded hand-over between the transport's thread and one awaiting task.
///
/// The thread appends to a batch and wakes the task once per piece it read; the task takes the whole batch. A
/// task that lags finds several elements at once. Above ``highWaterMark`` the thread leaves the bytes in the
/// socket.
///
/// Whoever can deal with an element in a moment, without waiting, may take it on the thread itself: then no task is woken for
/// it, which costs more than most of what is done with one.
final class HTTPExchange<Decoder: ResponseDecoder>: TransferReceiver {
  fileprivate struct State {
    var decoder: Decoder
    var batch: [Decoder.Element] = []
    /// Bytes of the body that the batch was made from.
    var batchBytes = 0
    var isPaused = false
    /// Whether the task deals with elements that it has taken.
    var isTaskAtWork = false
    var failure: (any Error)?
    /// The handle has been removed.
    var hasEnded = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private enum Step {
    case batch([Decoder.Element], wasPaused: Bool)
    case complete
    case failed(any Error)
    case wait
  }

  private let state: Mutex<State>
  private let resume: @Sendable () -> Void
  /// Takes an element on the transport's thread, or leaves it, and what follows it, to the task.
  private let offer: @Sendable (Decoder.Element) throws -> Bool
  /// How many bytes of the body may wait for the task before the connection is no longer read.
  private let highWaterMark: Int

  /// - Parameters:
  ///   - offer: called for one element after the other; it must not block. What it throws ends the exchange, as what
  ///     the decoder throws.
  ///   - resume: called when a connection that was left alone is to be read again.
  init(
    decoder: Decoder, highWaterMark: Int,
    offer: @escaping @Sendable (Decoder.Element) throws -> Bool = { _ in false },
    resume: @escaping @Sendable () -> Void
  ) {
    self.offer = offer
    self.state = Mutex(State(decoder: decoder))
    self.highWaterMark = highWaterMark
    self.resume = resume
  }

  /// The elements that have come since the last call, in order and never empty; `nil` at the end.
  ///
  /// - Throws: what the decoder threw, after the connection was closed and every element before it was handed
  ///   out.
  func next() async throws -> [Decoder.Element]? {
    while true {
      switch step() {
      case .batch(let batch, let wasPaused):
        if wasPaused { resume() }
        return batch
      case .complete: return nil
      case .failed(let error): throw error
      case .wait: await wait { $0.isReadable }
      }
    }
  }

  /// Returns when the transfer's handle is gone. Cancelling the task does not shorten it: whoever calls this
  /// has asked for the end, and the thread is prompt.
  func waitUntilEnded() async {
    while !state.withLock({ $0.hasEnded }) {
      await wait { $0.hasEnded }
    }
  }

  /// Whether everything of interest has come, so that what is left of the response is a formality.
  var isComplete: Bool { state.withLock { $0.decoder.isComplete && $0.failure == nil } }

  /// Whether the connection is not being read because the task lags.
  var isPaused: Bool { state.withLock { $0.isPaused } }

  private func step() -> Step {
    state.withLock { state in
      if let error = state.failure as? HTTPTransportError, error.kind == .cancelled {
        return .failed(CancellationError())
      }
      if !state.batch.isEmpty {
        var batch: [Decoder.Element] = []
        swap(&batch, &state.batch)
        state.batchBytes = 0
        state.isTaskAtWork = true
        let wasPaused = state.isPaused
        state.isPaused = false
        return .batch(batch, wasPaused: wasPaused)
      }
      state.isTaskAtWork = false
      if state.decoder.isComplete, state.failure == nil { return .complete }
      guard state.hasEnded else { return .wait }
      return state.failure.map(Step.failed) ?? .complete
    }
  }

  private func wait(until isReady: (borrowing State) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isReadyNow = state.withLock { state in
        if isReady(state) { return true }
        state.waiter = continuation
        return false
      }
      if isReadyNow { continuation.resume() }
    }
  }

  // MARK: The transport's thread

  func receive(_ head: HTTPResponseHead, waking batch: WakeupBatch) -> TransferVerdict {
    update(waking: batch) { state in try state.decoder.receive(head, into: &state.batch) }
  }

  func receive(_ bytes: UnsafeRawBufferPointer, waking batch: WakeupBatch) -> TransferVerdict {
    update(waking: batch) { state in
      // An empty batch is never full, or one large piece would wait for a task that waits for it.
      state.isPaused = !state.batch.isEmpty && state.batchBytes >= highWaterMark
      if state.isPaused { return }
      state.batchBytes += bytes.count
      try state.decoder.receive(bytes, into: &state.batch)
    }
  }

  func end(_ error: HTTPTransportError?, waking batch: WakeupBatch) {
    _ = update(waking: batch) { state in
      state.hasEnded = true
      guard state.failure == nil else { return }
      if let error, error.kind == .cancelled { throw error }
      guard !state.decoder.isComplete else { return }
      try state.decoder.finish(error, into: &state.batch)
    }
  }

  /// Changes the state and wakes the task when there is something for it.
  private func update(
    waking batch: WakeupBatch, _ change: (inout State) throws -> Void
  ) -> TransferVerdict {
    let (verdict, waiter) = state.withLock { state -> (TransferVerdict, CheckedContinuation<Void, Never>?) in
      // What is left to the task, and what it is at work on, comes before anything that is offered.
      let mayOffer = state.batch.isEmpty && !state.isTaskAtWork
      do {
        let error = Result { try change(&state) }
        if mayOffer { try offerBatch(&state) }
        try error.get()
      } catch {
        state.failure = error
        return (.abandon, state.takeWaiter())
      }
      return (state.isPaused ? .pause : .taken, state.takeWaiter())
    }
    if let waiter { batch.add(waiter) }
    return verdict
  }

  private func offerBatch(_ state: inout State) throws {
    var taken = 0
    defer {
      if taken == state.batch.count {
        state.batch.removeAll(keepingCapacity: true)
        state.batchBytes = 0
      } else {
        state.batch.removeFirst(taken)
      }
    }
    while taken < state.batch.count, try offer(state.batch[taken]) { taken += 1 }
  }
}

extension HTTPExchange.State {
  /// - Returns: the waiting task, when there is something for it.
  fileprivate mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
    guard isReadable else { return nil }
    defer { waiter = nil }
    return waiter
  }

  fileprivate var isReadable: Bool {
    !batch.isEmpty || hasEnded || (decoder.isComplete && failure == nil)
  }
}
