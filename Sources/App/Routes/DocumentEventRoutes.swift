import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// What happens to documents, as a stream of events.
///
/// A connection has a position in ``IngestionProgress`` and nothing else: one that is slow gets the newest state of each
/// document when it reads on. One that was too slow for that is ended, and the client starts from `GET /documents`.
struct DocumentEventRoutes: Sendable {
  let services: KnowledgeServices
  let heartbeat: Duration
  let time: RunTime

  func add(to router: some RouterMethods<AppRequestContext>) {
    router.get("documents/events") { _, context in
      await stream(only: nil, from: services.progress.present(), context)
    }
    router.get("documents/{id}/events") { _, context in
      let id = try context.uuid("id", of: "document")
      let position = services.progress.position
      guard let state = try await services.newestState(of: id) else {
        throw RequestError.notFound("document")
      }
      let first = IngestionProgress.Event(news: .document(state), date: time.date())
      return await stream(only: id, from: .init(events: [first], position: position), context)
    }
  }

  private func stream(
    only id: UUID?, from first: IngestionProgress.Reading, _ context: AppRequestContext
  ) async -> Response {
    let presence = await context.channel.clientPresence()
    return Response(
      status: .ok, headers: EventStreamResponse.headers,
      body: ResponseBody { writer in
        let gone = OneShot<Void>()
        let watch = presence?.onGone { gone.fulfil(()) }
        defer { if let watch { presence?.forget(watch) } }
        try await write(only: id, from: first, until: gone, to: &writer)
        try await writer.finish(nil)
      })
  }

  private func write(
    only id: UUID?, from first: IngestionProgress.Reading, until gone: OneShot<Void>,
    to writer: inout any ResponseBodyWriter
  ) async throws {
    try await writer.write(EventFrameEncoder.preamble)
    var reading = first
    while gone.value == nil {
      if !reading.events.isEmpty {
        try await writer.write(Self.frames(reading.events))
      }
      if reading.isIncomplete || id != nil && reading.events.contains(where: \.isLast) { return }
      let position = reading.position
      if await !news(after: position, until: gone), gone.value == nil {
        try await writer.write(EventFrameEncoder.heartbeat)
      }
      guard let next = services.progress.read(after: position, only: id) else { return }
      reading = next
    }
    throw CancellationError()
  }

  /// - Returns: `false` when there were none for as long as a client shall wait without a word.
  private func news(after position: Int, until gone: OneShot<Void>) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        await services.progress.wait(after: position, atMost: heartbeat, time: time)
      }
      group.addTask {
        try? await gone.wait()
        return true
      }
      defer { group.cancelAll() }
      return await group.next() ?? true
    }
  }

  private static func frames(_ events: [IngestionProgress.Event]) -> ByteBuffer {
    var buffer = ByteBuffer()
    for event in events {
      buffer.writeString("data: ")
      var json = JSONWriter(into: buffer)
      json.object { json in
        json.field("type", event.news.type)
        json.object("content") { json in
          switch event.news {
          case .document(let state): json.fields(of: state)
          case .deleted(let id): json.field("id", id)
          case .index(let state): json.fields(of: state)
          }
        }
        json.field("timestamp", WireTimestamp.string(event.date))
      }
      buffer = json.buffer
      buffer.writeString("\n\n")
    }
    return buffer
  }
}

extension IngestionProgress.Event {
  /// Whether nothing more happens to its document by itself.
  fileprivate var isLast: Bool {
    switch news {
    case .document(let state): !state.status.isUnfinished
    case .deleted: true
    case .index: false
    }
  }
}

extension IngestionProgress.News {
  fileprivate var type: String {
    switch self {
    case .document(let state): state.status.rawValue
    case .deleted: "deleted"
    case .index: "index"
    }
  }
}
