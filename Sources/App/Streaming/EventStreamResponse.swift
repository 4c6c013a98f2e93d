import HTTPTypes
import Hummingbird
import NIOCore

/// The responses that follow runs.
struct EventStreamResponse: Sendable {
  let runs: RunService
  let metrics: RunMetrics
  let dispatchers: StreamDispatchers

  init(runs: RunService, metrics: RunMetrics) {
    self.runs = runs
    self.metrics = metrics
    dispatchers = StreamDispatchers(time: runs.time)
  }

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
        try await writer.write(EventFrameEncoder.preamble)
        if lease.reader.followsLog { await follow(lease.reader, on: context.channel) }
        try await Self.writeStored(lease.reader, to: &writer, on: context.channel.eventLoop)
        if lease.reader.isDetached { throw CancellationError() }
        try await writer.finish(nil)
      })
  }

  /// Leaves the writing to the channel's event loop until the log has ended or the client has gone.
  ///
  /// What the response's writer was given before has reached the channel: it hands over on the event loop, in order.
  private func follow(_ reader: RunReader, on channel: any Channel) async {
    let dispatcher = dispatchers[channel.eventLoop]
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        channel.eventLoop.execute { [heartbeat = runs.settings.heartbeat, time = runs.time] in
          let handler = EventStreamHandler(
            reader: reader, heartbeat: heartbeat, time: time, dispatcher: dispatcher
          ) { continuation.resume() }
          do {
            try channel.pipeline.syncOperations.addHandler(handler, position: .first)
          } catch {
            // The channel has been closed.
            reader.detach()
            continuation.resume()
          }
        }
      }
    } onCancel: {
      reader.detach()
    }
  }

  /// A write of so many bytes goes to a reader that is behind.
  private static let largeWrite = 4 * 1_024

  private static func writeStored(
    _ reader: RunReader, to writer: inout any ResponseBodyWriter, on loop: any EventLoop
  ) async throws {
    while let frames = await reader.nextStored() {
      try await writer.write(frames)
      // The writer learns that the client takes no more only when the loop has tried to send. Without this turn of the
      // loop a reader that catches up would have put a dozen chunks into its queue by then.
      if frames.readableBytes >= largeWrite { try await loop.submit {}.get() }
    }
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
