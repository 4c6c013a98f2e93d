import Graph
import Logging
import Synchronization

/// Writes what the graph reports into the log of a run, where it happens: a token is in the log when the model's next one
/// is read.
final class RunRecorder: Sendable {
  private let run: Run
  private let isContinuation: Bool
  private let progress: RunProgress
  private let time: RunTime
  private let logger: Logger
  private let mapper = Mutex(RunEventMapper())
  private let hasToken = Atomic<Bool>(false)

  /// - Parameter isContinuation: whether the answer replaces what an interrupted run has brought of it.
  init(_ run: Run, isContinuation: Bool, progress: RunProgress, time: RunTime, logger: Logger) {
    self.run = run
    self.isContinuation = isContinuation
    self.progress = progress
    self.time = time
    self.logger = logger
  }

  /// What the answer came to; `nil` until the graph has generated it.
  var generation: Generation? { mapper.withLock { $0.generation } }

  func record(_ event: GraphEvent<ChatState, ChatPayload>) {
    if let token = RunEventMapper.token(of: event) { return append(token: token) }
    if case .payload(.warning(let warning, let detail)) = event.kind {
      logger.warning(
        "Pipeline warning",
        metadata: ["node": "\(event.node)", "warning": "\(warning)", "detail": "\(detail ?? "")"])
    }
    mapper.withLock { $0.map(event, append: append) }
  }

  private func append(_ event: RunEvent) {
    progress.note(event, at: time.now)
    run.log.append(event)
  }

  private func append(token: String) {
    if !hasToken.load(ordering: .relaxed) {
      hasToken.store(true, ordering: .relaxed)
      if isContinuation {
        // Only now is there something to put in the place of the part that was there.
        run.log.append(.snapshot(text: "", stage: .generation, sources: progress.sources))
      }
      progress.note(.token(token), at: time.now)
    }
    run.log.append(.token(token))
  }
}
