import Foundation
import Graph
import Logging

/// Takes one run from its turn to its terminal event.
struct RunExecutor: Sendable {
  let graph: ChatGraph.Compiled
  let journal: RunJournal
  let time: RunTime
  let logger: Logger
  let metrics: RunMetrics
  /// Whether other nodes use the store, and may have ended a run when this one comes to its end.
  var sharesStore = false

  /// How the pipeline ended.
  fileprivate enum Outcome: Sendable {
    case completed(Generation)
    case cancelled(CancelReason)
    case failed(RunFailure)
    /// The run was taken from this process; see ``Run/abandon()``.
    case interrupted
  }

  /// Runs to the end. Whatever happens, the answer so far is stored and then exactly one terminal event appended.
  /// - Parameter onEnd: called when everything is stored, before anybody can see the end: who reads it may ask the next
  ///   question at once.
  /// - Parameter isStored: whether ``store(_:turn:)`` has been called.
  func execute(_ run: Run, turn: Turn, isStored: Bool = false, onEnd: () -> Void) async {
    let started = time.now()
    var logger = logger
    logger[metadataKey: "run_id"] = "\(run.id.wireString)"
    logger[metadataKey: "session_id"] = "\(run.sessionID.wireString)"
    metrics.runStarted()
    let progress = RunProgress()
    progress.note(.sources(turn.assistantMessage.answer?.sources ?? []), at: time.now)
    logger.debug("Run started")

    let outcome: Outcome
    if !isStored, let failure = await begin(run, turn, logger) {
      outcome = .failed(failure)
    } else {
      outcome = await race(run, turn: turn, progress: progress, logger: logger)
    }
    let timings = AnswerTimings(
      firstTokenMS: progress.firstToken.map { ($0 - started).milliseconds },
      totalMS: (time.now() - started).milliseconds)
    let ended = await end(
      run, turn, run.log.isAbandoned ? .interrupted : outcome, progress, timings, logger, onEnd)
    report(ended, run: run, turn: turn, timings: timings, logger: logger)
    run.completion.fulfil(ended.status)
  }

  // MARK: Steps

  /// Stores the question and the answer's place, and lets the run be seen.
  /// - Throws: ``StoreError``; nothing has been stored then, and nobody has seen anything.
  func store(_ run: Run, turn: Turn) async throws {
    let first = RunEvent.metadata(metadata(of: run, turn: turn))
    try await journal.begin(turn.beginning, with: first, log: run.log) { run.abandon() }
  }

  /// Stores the question and the answer's place, so that neither is lost whatever comes.
  private func begin(_ run: Run, _ turn: Turn, _ logger: Logger) async -> RunFailure? {
    do {
      try await store(run, turn: turn)
      return nil
    } catch {
      run.log.append(.metadata(metadata(of: run, turn: turn)))
      logger.error("Message could not be stored", metadata: ["error": "\(error)"])
      return RunFailure(
        .internalError, "Your message could not be saved. Try again; if it stays, check the server's disk.")
    }
  }

  /// Runs the pipeline until it ends or the run is cancelled. When this returns, nothing of the pipeline is left: the
  /// group waits for it, and with it for its upstream connection to be closed.
  private func race(
    _ run: Run, turn: Turn, progress: RunProgress, logger: Logger
  ) async -> Outcome {
    await withTaskGroup(of: Outcome?.self) { group in
      group.addTask {
        guard (try? await run.place.wait()) != nil else { return nil }
        return await pipeline(run, turn: turn, progress: progress, logger: logger)
      }
      group.addTask { (try? await run.cancellation.wait()).map(Outcome.cancelled) }
      defer { group.cancelAll() }
      while let outcome = await group.next() {
        if let outcome { return outcome }
      }
      // Only a process that is being ended cancels the group from outside.
      return .cancelled(.shutdown)
    }
  }

  private func pipeline(_ run: Run, turn: Turn, progress: RunProgress, logger: Logger) async -> Outcome? {
    let recorder = RunRecorder(
      run, isContinuation: turn.isContinuation, progress: progress, time: time, logger: logger)
    do {
      try await runGraph(run, turn, recorder)
      guard let generation = recorder.generation else { throw CancellationError() }
      return .completed(generation)
    } catch {
      // A cancelled pipeline has no outcome of its own: the cancellation is the outcome.
      if Task.isCancelled || run.cancellation.value != nil { return nil }
      return .failed(RunFailure(mapping: error))
    }
  }

  /// Runs the graph from its start, or from where an interrupted run had it.
  private func runGraph(_ run: Run, _ turn: Turn, _ recorder: RunRecorder) async throws {
    // What comes before the reranked passages is cheaper to repeat than to store.
    var options = RunOptions(
      threadID: turn.run.threadID, checkpointAfter: [ChatGraph.rerank], clock: time.clock)
    if case .continuation(let checkpoint?) = turn.origin {
      options.checkpointer = RunCheckpointer(journal: journal, runID: run.id, latest: checkpoint)
      return try await graph.resume(
        threadID: options.threadID, options: options, handle: recorder.record)
    }
    options.checkpointer = RunCheckpointer(journal: journal, runID: run.id)
    let input = ChatState(question: turn.userMessage.content, history: turn.history)
    try await graph.run(input, options: options, handle: recorder.record)
  }

  // MARK: The end

  /// Stores the answer as its readers have it, then lets them see the end.
  /// - Returns: the outcome that they see: not the pipeline's, if its answer could not be stored.
  private func end(
    _ run: Run, _ turn: Turn, _ outcome: Outcome, _ progress: RunProgress, _ timings: AnswerTimings,
    _ logger: Logger, _ onEnd: () -> Void
  ) async -> Outcome {
    if turn.isContinuation, progress.firstToken == nil {
      // Nothing has replaced the part that was there: the log says so, like the message.
      run.log.append(
        .snapshot(text: turn.assistantMessage.content, stage: nil, sources: progress.sources))
    }
    let terminal = LoggedEvent(
      id: run.log.seal(), milliseconds: time.date().millisecondsSinceEpoch,
      event: terminalEvent(outcome, turn: turn, log: run.log, timings: timings))
    do {
      let message = message(outcome, of: run, turn, progress, timings)
      try await journal.end(run, message: message, terminal: terminal)
      onEnd()
      run.log.append(terminal.event, milliseconds: terminal.milliseconds)
      return outcome
    } catch let error as StoreError where sharesStore && error.code == .notFound {
      // Another node has taken this one for dead and ended the run: what it has stored is how it ended.
      logger.warning("Answer was ended by another node", metadata: ["error": "\(error)"])
      run.log.abandon()
      onEnd()
      return .interrupted
    } catch {
      logger.error("Answer could not be stored", metadata: ["error": "\(error)"])
      let failure = RunFailure(
        .internalError,
        "The answer could not be saved yet. Check the server's disk; what you see is kept as long as it runs."
      )
      let failed = Outcome.failed(failure)
      onEnd()
      run.log.append(terminalEvent(failed, turn: turn, log: run.log, timings: timings))
      journal.postponeEnd(run, message: message(failed, of: run, turn, progress, timings))
      return failed
    }
  }

  private func message(
    _ outcome: Outcome, of run: Run, _ turn: Turn, _ progress: RunProgress, _ timings: AnswerTimings
  ) -> Message {
    var message = turn.assistantMessage
    // A continuation that ended before its first word has not replaced what was there.
    if !turn.isContinuation || progress.firstToken != nil { message.content = run.log.text }
    message.status = outcome.messageStatus
    message.answer?.sources = progress.sources
    message.answer?.timings = timings
    switch outcome {
    case .completed(let generation):
      message.answer?.finishReason = generation.finishReason.rawValue
      message.answer?.usage = usage(generation, log: run.log)
    case .cancelled(let reason):
      message.answer?.finishReason = reason.rawValue
      if reason == .shutdown { message.answer?.record(.interrupted(messageID: message.id)) }
    case .failed(let failure): message.answer?.record(failure)
    case .interrupted: message.answer?.record(.interrupted(messageID: message.id))
    }
    return message
  }

  private func terminalEvent(
    _ outcome: Outcome, turn: Turn, log: RunLog, timings: AnswerTimings
  ) -> RunEvent {
    let messageID = turn.assistantMessage.id
    switch outcome {
    case .completed(let generation):
      return .done(
        RunCompletion(
          messageID: messageID, finishReason: generation.finishReason, usage: usage(generation, log: log),
          timings: timings))
    case .cancelled(let reason): return .cancelled(messageID: messageID, reason: reason)
    case .failed(var failure):
      failure.messageID = messageID
      return .error(failure)
    case .interrupted: return .error(.interrupted(messageID: messageID))
    }
  }

  // MARK: Pieces

  private func metadata(of run: Run, turn: Turn) -> RunMetadata {
    RunMetadata(
      sessionID: run.sessionID, runID: run.id, messageID: turn.assistantMessage.id,
      parentID: turn.userMessage.id,
      model: turn.assistantMessage.answer?.model ?? ModelDescriptor(provider: "", model: ""))
  }

  /// What the model counted; for one that does not count, the pieces it sent.
  private func usage(_ generation: Generation, log: RunLog) -> TokenUsage {
    generation.usage ?? TokenUsage(promptTokens: 0, completionTokens: log.tokenCount)
  }

  private func report(
    _ outcome: Outcome, run: Run, turn: Turn, timings: AnswerTimings, logger: Logger
  ) {
    var metadata: Logger.Metadata = [
      "status": "\(outcome.status.rawValue)", "tokens": "\(run.log.tokenCount)",
      "duration_ms": "\(timings.totalMS.rounded())",
      "first_token_ms": "\(timings.firstTokenMS.map { String($0.rounded()) } ?? "none")",
      "model": "\(turn.assistantMessage.answer?.model.model ?? "")",
    ]
    if case .failed(let failure) = outcome {
      metadata["code"] = "\(failure.code.rawValue)"
      if let detail = failure.detail { metadata["detail"] = "\(detail)" }
    }
    if case .cancelled(let reason) = outcome { metadata["reason"] = "\(reason.rawValue)" }
    logger.log(level: outcome.status == .error ? .warning : .info, "Run finished", metadata: metadata)
    metrics.runFinished(status: outcome.status, timings: timings, tokens: run.log.tokenCount)
  }
}

extension RunExecutor.Outcome {
  fileprivate var status: Run.Status {
    switch self {
    case .completed: .done
    // A server that goes away in the middle of an answer has interrupted it, politely or not.
    case .cancelled(.shutdown), .interrupted: .interrupted
    case .cancelled: .cancelled
    case .failed: .error
    }
  }

  fileprivate var messageStatus: Message.Status { Message.Status(rawValue: status.rawValue) ?? .error }
}

extension AnswerDetails {
  mutating func record(_ failure: RunFailure) {
    errorCode = failure.code.rawValue
    errorMessage = failure.message
  }
}
