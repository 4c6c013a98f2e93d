import Foundation
import Graph
import Synchronization
import TestSupport

@testable import Providers

/// Collects what a model emits, and lets a test wait for it.
final class EventRecorder: Sendable {
  private struct State {
    var events: [ModelEvent] = []
    var awaited: [(count: Int, shot: OneTimeSignal<Void>)] = []
  }

  private let state = Mutex(State())

  var events: [ModelEvent] { state.withLock { $0.events } }

  var texts: [String] {
    events.compactMap { if case .text(let text) = $0 { text } else { nil } }
  }

  var text: String { texts.joined() }

  /// Everything but signs of life.
  var essentials: [ModelEvent] { events.filter { $0 != .activity } }

  func record(_ event: ModelEvent) {
    let due = state.withLock { state in
      state.events.append(event)
      let due = state.awaited.filter { $0.count <= state.events.count }
      state.awaited.removeAll { $0.count <= state.events.count }
      return due
    }
    for entry in due { entry.shot.fire() }
  }

  /// Waits until the model has emitted this many events, signs of life included.
  func waitForEvents(_ count: Int) async throws {
    let shot = OneTimeSignal<Void>()
    state.withLock { state in
      if state.events.count >= count { shot.fire() } else { state.awaited.append((count, shot)) }
    }
    try await shot.value()
  }
}

final class Counter: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock(\.self) }

  @discardableResult
  func increment() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

/// Runs `body` with a model whose server is scripted.
func withOpenAIModel<Result: Sendable>(
  model: String? = "test-model", apiKey: String? = nil, configuration: HTTPTransport.Configuration = .init(),
  script: @escaping ScriptedUpstream.Script,
  run body: @escaping @Sendable (OpenAIModel, ScriptedUpstream) async throws -> Result
) async throws -> Result {
  try await withScriptedUpstream(script) { upstream in
    try await withTransport(configuration) { transport in
      let endpoint = OpenAIEndpoint(baseURL: upstream.baseURL, apiKey: apiKey.map { Secret($0) })!
      let now = Date(timeIntervalSince1970: 1_700_000_000)
      return try await body(
        OpenAIModel(endpoint: endpoint, model: model, transport: transport, listTimeout: .seconds(50)) {
          now
        }, upstream)
    }
  }
}

func withTransport<Result: Sendable>(
  _ configuration: HTTPTransport.Configuration = .init(),
  _ body: (HTTPTransport) async throws -> Result
) async throws -> Result {
  let transport = try HTTPTransport(configuration: configuration)
  do {
    let result = try await body(transport)
    await transport.close()
    return result
  } catch {
    await transport.close()
    throw error
  }
}

extension LanguageModel {
  /// Asks a question and records the answer.
  func answer(_ question: String = "Hi", into recorder: EventRecorder) async throws {
    try await respond(to: ModelRequest(messages: [ChatMessage(.user, question)], question: question)) {
      recorder.record($0)
    }
  }

  /// Asks a question that fails.
  func failure(into recorder: EventRecorder = EventRecorder()) async throws -> ModelError {
    do {
      try await answer(into: recorder)
    } catch let error as ModelError {
      return error
    }
    throw UnexpectedSuccess()
  }
}

struct UnexpectedSuccess: Error {}
