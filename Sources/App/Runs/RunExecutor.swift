import Foundation
import Graph
import Logging

/// Takes one run from its turn to its terminal event.
struct RunExecutor: Sendable {
  let graph: ChatGraph.Compiled
  let store: any ConversationStore
  let time: RunTime
  let logger: Logger
  let metrics: RunMetrics

  /// How the pipeline ended.
  fileprivate enum Outcome: Sendable {
    case completed(Generation)
    case cancelled(CancelReason)
    case failed(RunFailure)
  }

  /// Runs to the end. Whatever happens, the answer so far is stored and then exactly one terminal event appended.
  func execute(_ run: Run, turn: Turn) async {
    let started = time.now()
    var logger = logger
    logger[metadataKey: "run_id"] = "\(run.id.wireString)"
    logger[metadataKey: "session_id"] = "\(run.sessionID.wireString)"
    metrics.runStarted()
    let progress = RunProgress()
    run.log.append(.metadata(metadata(of: run, turn: turn)))
    logger.debug("Run started")

    var outcome: Outcome
    if let failure = await begin(turn, logger) {
      outcome = .failed(failure)
    } else {
      outcome = await race(run, turn: turn, started: started, progress: progress, logger: logger)
    }
    let timings = AnswerTimings(
      firstTokenMS: progress.firstToken.map { ($0 - started).milliseconds },
      totalMS: (time.now() - started).milliseconds)
    if let failure = await store(outcome, of: run, turn: turn, progress, timings, logger) {
      outcome = .failed(failure)
    }
    run.log.append(terminalEvent(outcome, turn: turn, log: run.log, timings: timings))
    report(outcome, run: run, turn: turn, timings: timings, logger: logger)
    run.completion.fulfil(outcome.status)
  }

  // MARK: Steps

  /// Stores the question and the answer's place, so that neither is lost whatever comes.
  private func begin(_ turn: Turn, _ logger: Logger) async -> RunFailure? {
    do {
      if turn.isNewSession { try await store.createSession(turn.session) }
      try await store.add(
        turn.isUserMessageStored ? [turn.assistantMessage] : [turn.userMessage, turn.assistantMessage])
      return nil
    } catch {
      logger.error("Message could not be stored", metadata: ["error": "\(error)"])
      return RunFailure(
        .internalError, "Your message could not be saved. Try again; if it stays, check the server's disk.")
    }
  }

  /// Runs the pipeline until it ends or the run is cancelled. When this returns, nothing of the pipeline is left: the
  /// group waits for it, and with it for its upstream connection to be closed.
  private func race(
    _ run: Run, turn: Turn, started: Duration, progress: RunProgress, logger: Logger
  ) async -> Outcome {
    await withTaskGroup(of: Outcome?.self) { group in
      group.addTask { await pipeline(run, turn: turn, progress: progress, logger: logger) }
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
    let input = ChatState(question: turn.userMessage.content, history: turn.history)
    do {
      let options = RunOptions(threadID: run.id.wireString, clock: time.clock)
      return try await graph.run(input, options: options) { events in
        var mapper = RunEventMapper()
        for try await event in events {
          if case .payload(.warning(let warning)) = event.kind {
            logger.warning("Pipeline warning", metadata: ["node": "\(event.node)", "warning": "\(warning)"])
          }
          for event in mapper.events(for: event) {
            progress.note(event, at: time.now)
            run.log.append(event)
          }
        }
        guard let generation = mapper.generation else { throw CancellationError() }
        return .completed(generation)
      }
    } catch {
      // A cancelled pipeline has no outcome of its own: the cancellation is the outcome.
      if Task.isCancelled || run.cancellation.value != nil { return nil }
      return .failed(RunFailure(mapping: error))
    }
  }

  /// Stores the answer as its readers have it.
  private func store(
    _ outcome: Outcome, of run: Run, turn: Turn, _ progress: RunProgress, _ timings: AnswerTimings,
    _ logger: Logger
  ) async -> RunFailure? {
    var message = turn.assistantMessage
    message.content = run.log.text
    message.answer?.sources = progress.sources
    message.answer?.timings = timings
    switch outcome {
    case .completed(let generation):
      message.status = .done
      message.answer?.finishReason = generation.finishReason.rawValue
      message.answer?.usage = usage(generation, log: run.log)
    case .cancelled(let reason):
      message.status = .cancelled
      message.answer?.finishReason = reason.rawValue
    case .failed(let failure):
      message.status = .error
      message.answer?.errorCode = failure.code.rawValue
      message.answer?.errorMessage = failure.message
    }
    do {
      try await store.update(message)
      return nil
    } catch let error as StoreError where error.code == .notFound {
      // The session was deleted under the run; there is nothing to keep the answer for.
      return nil
    } catch {
      logger.error("Answer could not be stored", metadata: ["error": "\(error)"])
      return RunFailure(
        .internalError, "The answer could not be saved. Try again; if it stays, check the server's disk.")
    }
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
    case .cancelled: .cancelled
    case .failed: .error
    }
  }
}
