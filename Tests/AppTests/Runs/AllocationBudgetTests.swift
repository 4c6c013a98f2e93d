import CAllocations
import Foundation
import Logging
import NIOCore
import Synchronization
import Testing

@testable import App
@testable import Graph
@testable import Providers

/// How often memory is asked for, against a recorded budget: a guard of the hot paths that depends on no clock.
///
/// The figures are those of debug builds, which the tests are, and somewhat above those of release builds. Who lowers one
/// lowers its budget with it; who has to raise one says why.
@Suite("Allocations", .enabled(if: rill_counts_allocations()))
struct AllocationBudgetTests {
  /// Asked for by a token on its whole way through the process: from the bytes of the model's server through decoder, graph
  /// and log to the bytes for a reader's socket.
  static let perToken = 26.0
  /// … by a step of a graph with one node that does nothing.
  static let perStep = 4.2

  @Test("A token stays within its budget from the model's bytes to the reader's")
  func token() async throws {
    let model = ReplayingModel(count: 2_000)
    let graph = try ChatGraph.compile(
      .init(model: model, retriever: HybridRetriever(words: NoSearch()), reranker: SearchOrderReranker()))
    let run = Run(
      id: UUID(), sessionID: UUID(), fingerprint: RunFingerprint(message: "x"), log: RunLog(time: .system))
    let reader = RunReader(run: run, after: 0)
    reader.follow(with: ReadingObserver(reader))
    let recorder = RunRecorder(
      run, isContinuation: false, progress: RunProgress(), time: .system, logger: Logger(label: "test"))
    try await graph.run(ChatState(question: "Hello!"), handle: recorder.record)
    #expect(run.log.tokenCount == 2_000)
    let spent = model.allocationsPerToken.withLock { $0 }
    #expect(spent > 0)
    #expect(spent <= Self.perToken, "\(spent) allocations for a token")
  }

  @Test("A step of a graph stays within its budget")
  func step() async throws {
    let steps = 200
    let counts = Mutex<[UInt64]>([])
    var graph = StateGraph<CountState, Never>(name: "chain")
    for index in 0..<steps {
      graph.addNode(NodeID(stringLiteral: "n\(index)")) { _, _ in
        counts.withLock { $0.append(rill_thread_allocations()) }
        return 1
      }
      let former = index == 0 ? NodeID.start : NodeID(stringLiteral: "n\(index - 1)")
      graph.addEdge(from: former, to: NodeID(stringLiteral: "n\(index)"))
    }
    graph.addEdge(from: NodeID(stringLiteral: "n\(steps - 1)"), to: .end)
    let compiled = try graph.compile()
    let thread = ThreadExecutor()
    try await withTaskExecutorPreference(thread) {
      try await compiled.run(CountState(), options: RunOptions(stepLimit: steps), handle: { _ in })
    }
    thread.end()
    let spent = counts.withLock { Double($0[steps - 1] - $0[0]) / Double(steps - 1) }
    #expect(spent > 0)
    #expect(spent <= Self.perStep, "\(spent) allocations for a step")
  }
}

private struct CountState: GraphState {
  var sum = 0
  mutating func apply(_ update: Int) { sum += update }
}

/// Gives the bytes of a model's server to the decoder, on the caller's thread.
private final class ReplayingModel: LanguageModel {
  let descriptor = ModelDescriptor(provider: "test", model: "replay")
  let allocationsPerToken = Mutex(0.0)
  private let count: Int

  init(count: Int) { self.count = count }

  func checkAvailability() async throws {}

  func respond(to request: ModelRequest, output: ModelOutput) async throws {
    var decoder = ChatStreamDecoder(
      failures: UpstreamFailure(redaction: Redaction([])), frameLimit: 1 << 16, now: { Date() })
    var events: [ModelEvent] = []
    try decoder.receive(
      HTTPResponseHead(status: 200, headers: [("content-type", "text/event-stream")]), into: &events)
    let frame = Array(
      #"""
      data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":" river"},"finish_reason":null}]}


      """#.utf8)
    let begin = rill_thread_allocations()
    for _ in 0..<count {
      events.removeAll(keepingCapacity: true)
      try frame.withUnsafeBytes { try decoder.receive($0, into: &events) }
      for event in events where try !output.offer(event) { throw CancellationError() }
    }
    let spent = Double(rill_thread_allocations() - begin) / Double(count)
    allocationsPerToken.withLock { $0 = spent }
    _ = try output.offer(.finished(.stop))
  }
}

/// Reads what is new, as the event loop of a connection does.
private final class ReadingObserver: RunLogObserver {
  private let reader: RunReader
  init(_ reader: RunReader) { self.reader = reader }
  func logChanged() {
    while case .frames(_, hasMore: true) = reader.read() {}
  }
  func timePassed(_ now: Duration) {}
}

private struct NoSearch: PassageSearch {
  func search(_ query: String, limit: Int, filter: SearchFilter) async throws -> [Passage] { [] }
}

/// Runs tasks on one thread, so that what they allocate can be told from what other tests do.
private final class ThreadExecutor: TaskExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    var hasEnded = false
  }
  private let state = Mutex(State())
  private let semaphore = DispatchSemaphore(value: 0)

  init() {
    let thread = Thread { [self] in
      while true {
        semaphore.wait()
        guard let job = state.withLock({ $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }) else { return }
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
    }
    thread.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.jobs.append(job) }
    semaphore.signal()
  }

  func end() { semaphore.signal() }
}
