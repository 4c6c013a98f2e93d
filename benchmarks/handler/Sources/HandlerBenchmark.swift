import Dispatch
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// The least that a Swift server can do for a stream: a bare Hummingbird handler that makes the tokens by
/// itself. What Rill's delivery costs is compared with it; see `benchmarks/run`.
///
///     HandlerBenchmark PORT          PORT 0 picks a free one; the first line of output names it
///
/// It is asked as `tools/upstream.c` is: `GET /script?tokens=&pace_us=&first_us=[&phases=]` and `GET
/// /stats`. `POST /chat/stream` streams in Rill's frames, one write for each token. A token is due at its
/// own time, however late the one before it was, and says in its text when that was and how late it left
/// (`t<due ns>+<late µs>;`).
@main
struct HandlerBenchmark {
  static func main() async throws {
    let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 0
    let counters = StreamCounters()
    let router = Router()
    router.get("script") { request, _ -> Response in
      guard let script = StreamScript(request.uri.queryParameters) else {
        return Response(status: .badRequest)
      }
      counters.script.withLock { $0 = script }
      return json("{}")
    }
    router.get("stats") { _, _ in json(counters.report) }
    router.post("chat/stream") { request, context -> Response in
      var request = request
      _ = try await request.collectBody(upTo: context.maxUploadSize)
      let script = counters.script.withLock { $0 }
      return Response(
        status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
        body: ResponseBody { writer in
          try await counters.counting { number in
            try await script.stream(number, to: &writer, counters)
          }
        })
    }
    var logger = Logger(label: "handler")
    logger.logLevel = .error
    let application = Application(
      router: router,
      configuration: .init(address: .hostname("127.0.0.1", port: port), backlog: 4_096),
      onServerRunning: { channel in
        print("listening on http://127.0.0.1:\(channel.localAddress?.port ?? 0)/")
        fflush(nil)
      }, logger: logger)
    try await application.runService()
  }

  private static func json(_ text: String) -> Response {
    Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}

/// How many tokens a stream has, and when they are due.
struct StreamScript: Sendable {
  var tokens = 200
  var pace: UInt64 = 20_000_000
  var first: UInt64 = 20_000_000
  /// Streams take turns in so many groups whose tokens are due at the same instants; 0 leaves each to its
  /// own time.
  var phases: UInt64 = 0

  init() {}

  init?(_ parameters: Parameters) {
    guard let tokens = parameters.get("tokens", as: Int.self),
      let pace = parameters.get("pace_us", as: UInt64.self),
      let first = parameters.get("first_us", as: UInt64.self)
    else { return nil }
    (self.tokens, self.pace, self.first) = (tokens, pace * 1_000, first * 1_000)
    phases = parameters.get("phases", as: UInt64.self) ?? 0
  }

  private func firstDue(_ stream: Int) -> UInt64 {
    let due = monotonicNow() + first
    guard phases > 0 else { return due }
    return (due / pace + 1) * pace + UInt64(stream) % phases * pace / phases
  }

  func stream(
    _ stream: Int, to writer: inout any ResponseBodyWriter, _ counters: StreamCounters
  ) async throws {
    try await writer.write(ByteBuffer(string: ": handler\n\nretry: 1000\n\n"))
    var due = firstDue(stream)
    for number in 1...max(tokens, 1) {
      let now = monotonicNow()
      if due > now { try await Task.sleep(for: .nanoseconds(due - now), tolerance: .zero) }
      let late = (max(monotonicNow(), due) - due) / 1_000
      // As long as one of Rill's frames.
      let frame =
        "id: \(number)\ndata: {\"type\":\"token\",\"content\":\"t\(due)+\(late);\","
        + "\"timestamp\":\"2026-01-02T03:04:05.678Z\"}\n\n"
      try await writer.write(ByteBuffer(string: frame))
      counters.tokens.add(1, ordering: .relaxed)
      due += pace
    }
    try await writer.write(
      ByteBuffer(string: "id: \(tokens + 1)\ndata: {\"type\":\"done\",\"content\":{}}\n\n"))
    try await writer.finish(nil)
  }
}

final class StreamCounters: Sendable {
  let script = Mutex(StreamScript())
  let tokens = Atomic(0)
  private let started = Atomic(0)
  private let finished = Atomic(0)
  private let aborted = Atomic(0)

  /// - Parameter body: gets the stream's number, from 0.
  func counting(_ body: (Int) async throws -> Void) async throws {
    let number = started.add(1, ordering: .relaxed).oldValue
    do {
      try await body(number)
      finished.add(1, ordering: .relaxed)
    } catch {
      aborted.add(1, ordering: .relaxed)
      throw error
    }
  }

  var report: String {
    let (started, finished, aborted) = (
      started.load(ordering: .relaxed), finished.load(ordering: .relaxed), aborted.load(ordering: .relaxed)
    )
    return """
      {"started":\(started),"finished":\(finished),"aborted":\(aborted),\
      "open":\(started - finished - aborted),"tokens":\(tokens.load(ordering: .relaxed))}
      """
  }
}

/// The clock that the upstream and the client read, too: CLOCK_MONOTONIC.
func monotonicNow() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
