import HTTPTypes
import Hummingbird
import NIOCore

/// The response that follows a run.
struct EventStreamResponse: Sendable {
  let runs: RunService
  let metrics: RunMetrics

  static let headers: HTTPFields = [
    .contentType: "text/event-stream",
    .cacheControl: "no-cache, no-transform",
    .xAccelBuffering: "no",
    .connection: "keep-alive",
  ]

  func response(_ reader: RunReader, _ context: AppRequestContext) async -> Response {
    let lease = ReaderLease(reader, runs: runs, metrics: metrics)
    let presence = await context.channel.clientPresence()
    return Response(
      status: .ok, headers: Self.headers,
      body: ResponseBody { writer in
        let watch = presence?.onGone { lease.reader.detach() }
        defer {
          if let watch { presence?.forget(watch) }
          lease.end()
        }
        try await Self.write(lease.reader, to: &writer, on: context.channel.eventLoop)
        try await writer.finish(nil)
      })
  }

  /// A write of so many bytes goes to a reader that is behind.
  private static let largeWrite = 4 * 1_024

  private static func write(
    _ reader: RunReader, to writer: inout any ResponseBodyWriter, on loop: any EventLoop
  ) async throws {
    try await writer.write(EventFrameEncoder.preamble)
    while let item = await withTaskCancellationHandler(
      operation: { await reader.next() }, onCancel: { reader.detach() })
    {
      switch item {
      case .frames(let frames):
        try await writer.write(frames)
        // The writer learns that the client takes no more only when the loop has tried to send. Without this turn of the
        // loop a reader that catches up would have put a dozen chunks into its queue by then.
        if frames.readableBytes >= largeWrite { try await loop.submit {}.get() }
      case .heartbeat: try await writer.write(EventFrameEncoder.heartbeat)
      }
    }
    if reader.isDetached { throw CancellationError() }
  }
}

/// Holds a reader's place in its run, and gives it back: when the response has been written, when writing failed, or
/// when the response was dropped before its body was ever asked for.
final class ReaderLease: Sendable {
  let reader: RunReader
  private let runs: RunService
  private let metrics: RunMetrics
  private let ended = OneShot<Void>()

  init(_ reader: RunReader, runs: RunService, metrics: RunMetrics) {
    self.reader = reader
    self.runs = runs
    self.metrics = metrics
    metrics.readers.add()
  }

  deinit { end() }

  /// May be called more than once.
  func end() {
    guard ended.fulfil(()) else { return }
    metrics.readers.add(-1)
    runs.detach(reader)
  }
}
