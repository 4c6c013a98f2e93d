import Graph
import TestSupport
import Testing

@testable import Providers

@Suite("Model discovery", .timeLimit(.minutes(1)))
struct ModelDiscoveryTests {
  /// Chooses with a scripted server in the place of Ollama, which other settings can name too.
  private func choose(
    models: [String]? = [],
    _ settings: @escaping @Sendable (ScriptedUpstream) -> ModelSettings
  ) async throws -> ModelDescriptor {
    try await withScriptedUpstream { _, answer in
      if let models { try await answer.models(models) } else { try await answer.respond(404) }
    } run: { upstream in
      try await withTransport { transport in
        let discovery = ModelDiscovery(
          transport: transport, ollamaBaseURL: upstream.baseURL, probeTimeout: .seconds(50),
          listTimeout: .seconds(50))
        return try await discovery.choose(settings(upstream)).model.descriptor
      }
    }
  }

  private static let extractive = ModelDescriptor(provider: "extractive", model: "extractive-1")

  private func openAI(_ model: String) -> ModelDescriptor {
    ModelDescriptor(provider: "openai", model: model)
  }

  @Test("nothing configured, no Ollama: the extractive answerer")
  func nothing() async throws {
    try await withTransport { transport in
      let discovery = ModelDiscovery(transport: transport, ollamaBaseURL: "http://127.0.0.1:1/v1")
      let chosen = try await discovery.choose(ModelSettings())
      #expect(chosen.model.descriptor == Self.extractive)
    }
    #expect(try await choose(models: []) { _ in ModelSettings() } == Self.extractive)
    #expect(try await choose(models: nil) { _ in ModelSettings() } == Self.extractive)
  }

  @Test("something silent on Ollama's port holds the start up for its probe's time only")
  func silentPort() async throws {
    try await withScriptedUpstream { _, answer in
      try await answer.hang()
    } run: { upstream in
      try await withTransport { transport in
        let discovery = ModelDiscovery(transport: transport, ollamaBaseURL: upstream.baseURL)
        // Without the probe's own time limit this would wait for the test's.
        let chosen = try await discovery.choose(ModelSettings())
        #expect(chosen.model.descriptor == Self.extractive)
      }
    }
  }

  @Test("Ollama with a model is found without configuration")
  func ollama() async throws {
    #expect(
      try await choose(models: ["llama3.2:latest", "qwen"]) { _ in ModelSettings() }
        == openAI("llama3.2:latest"))
    #expect(try await choose(models: ["a", "qwen"]) { _ in ModelSettings(model: "qwen") } == openAI("qwen"))
    #expect(try await choose(models: ["qwen:latest"]) { _ in ModelSettings(model: "qwen") } == openAI("qwen"))
  }

  @Test("a key means OpenAI, with its default model or the one that is named")
  func key() async throws {
    #expect(try await choose { _ in ModelSettings(apiKey: Secret("sk-1")) } == openAI("gpt-4o-mini"))
    #expect(
      try await choose { _ in ModelSettings(apiKey: Secret("sk-1"), model: "gpt-5") } == openAI("gpt-5"))
  }

  @Test("a base URL means its server, with its first model unless one is named or it is down")
  func baseURL() async throws {
    #expect(
      try await choose(models: ["first", "second"]) { ModelSettings(baseURL: $0.baseURL) } == openAI("first"))
    #expect(
      try await choose(models: ["first"]) { ModelSettings(baseURL: $0.baseURL + "/", model: "mine") }
        == openAI("mine"))
    #expect(try await choose { _ in ModelSettings(baseURL: "http://127.0.0.1:1/v1") } == openAI("default"))
  }

  @Test("an explicit provider wins over everything that could be found")
  func explicit() async throws {
    #expect(
      try await choose(models: ["found"]) {
        ModelSettings(provider: "extractive", baseURL: $0.baseURL, apiKey: Secret("sk-1"), model: "m")
      } == Self.extractive)
  }

  @Test(
    "a setting that cannot be followed is named",
    arguments: [
      (ModelSettings(provider: "gemini"), "RILL_MODEL_PROVIDER"),
      (ModelSettings(provider: "openai"), "OPENAI_API_KEY"),
      (ModelSettings(provider: "openai", apiKey: Secret("")), "OPENAI_API_KEY"),
      (ModelSettings(baseURL: "127.0.0.1:8080/v1"), "OPENAI_BASE_URL"),
      (ModelSettings(baseURL: "ftp://host/v1"), "OPENAI_BASE_URL"),
      (ModelSettings(baseURL: "http:///v1"), "OPENAI_BASE_URL"),
      (ModelSettings(baseURL: ""), "OPENAI_BASE_URL"),
      (ModelSettings(apiKey: Secret("sk-1\nX: y")), "OPENAI_API_KEY"),
      (ModelSettings(model: "missing"), "RILL_MODEL"),
    ])
  func wrong(settings: ModelSettings, key: String) async throws {
    let error = await #expect(throws: ModelSettingsError.self) {
      _ = try await choose(models: settings.model == nil ? [] : ["other"]) { _ in settings }
    }
    #expect(error?.key == key)
    #expect(error?.message.hasSuffix(".") == true)
    #expect(error?.description.contains("sk-1") == false)
  }

  @Test("a model without any server for it is a mistake, not an extractive answerer")
  func modelWithoutServer() async throws {
    let error = await #expect(throws: ModelSettingsError.self) {
      _ = try await choose(models: []) { _ in ModelSettings(model: "m") }
    }
    #expect(error?.key == "RILL_MODEL")
  }

  @Test("a secret does not print itself")
  func secret() {
    let settings = ModelSettings(apiKey: Secret("sk-very-secret"))
    for text in [
      "\(settings)", "\(settings.apiKey!)", String(reflecting: settings), String(describing: settings.apiKey),
    ] {
      #expect(!text.contains("very"))
    }
    var dumped = ""
    dump(settings, to: &dumped)
    #expect(!dumped.contains("very"))
    #expect(settings.apiKey?.reveal() == "sk-very-secret")
  }
}
