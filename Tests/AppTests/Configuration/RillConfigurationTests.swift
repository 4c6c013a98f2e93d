import Foundation
import Graph
import Logging
import Providers
import Testing

@testable import App

/// Command line over environment over file; a wrong value names its key.
@Suite struct RillConfigurationTests {
  private func load(
    options: [SettingKey: String] = [:], environment: [String: String] = [:], file: String? = nil,
    type: String = "json"
  ) async throws -> RillConfiguration {
    let url = FileManager.default.temporaryDirectory.appending(path: "rill-\(UUID()).\(type)")
    if let file { try Data(file.utf8).write(to: url) }
    defer { try? FileManager.default.removeItem(at: url) }
    let reader = try await SettingsReader(
      options: options, environment: environment, file: file == nil ? nil : url)
    return try RillConfiguration(reader)
  }

  @Test("The defaults are those of the protocol")
  func defaults() async throws {
    let configuration = try await load()
    #expect(configuration.host == "127.0.0.1")
    #expect(configuration.port == 8_000)
    #expect(configuration.dataDirectory.lastPathComponent == "data")
    #expect(configuration.pipeline.idleTimeout == .seconds(30))
    #expect(configuration.runs.disconnectGrace == .seconds(10))
    #expect(configuration.runs.heartbeat == .seconds(5))
    #expect(configuration.runs.limits.runs == 10_000)
    #expect(configuration.runs.shutdownGrace == .seconds(10))
    #expect(configuration.indexesSampleDocuments)
    #expect(configuration.logLevel == .info)
  }

  @Test("The command line wins over the environment, which wins over the file")
  func precedence() async throws {
    let file = #"{"port": 1000, "heartbeat": 2.5, "RILL_MAX_RUNS": 7, "model": "from-file"}"#
    let environment = ["RILL_PORT": "2000", "RILL_MODEL": "from-environment", "RILL_HEARTBEAT": ""]
    let fromFile = try await load(file: file)
    #expect(fromFile.port == 1_000)
    let fromEnvironment = try await load(environment: environment, file: file)
    #expect(fromEnvironment.port == 2_000)
    let all = try await load(options: [.port: "3000"], environment: environment, file: file)
    #expect(all.port == 3_000)
    #expect(all.model == "from-environment")
    #expect(all.runs.heartbeat == .seconds(2.5))
    #expect(all.runs.limits.runs == 7)
  }

  @Test("YAML says the same as JSON")
  func yaml() async throws {
    let configuration = try await load(
      file: "port: 1000\nsample_docs: false\nhost: localhost\n", type: "yaml")
    #expect(configuration.port == 1_000)
    #expect(!configuration.indexesSampleDocuments)
    #expect(configuration.host == "localhost")
  }

  static let wrongValues: [(String, String)] = [
    ("RILL_PORT", "eighty"), ("RILL_PORT", "70000"), ("RILL_IDLE_TIMEOUT", "-1"),
    ("RILL_IDLE_TIMEOUT", "soon"),
    ("RILL_DISCONNECT_GRACE", "x"), ("RILL_HEARTBEAT", "0"), ("RILL_MAX_RUNS", "0"), ("RILL_MAX_RUNS", "1.5"),
    ("RILL_SHUTDOWN_GRACE", "ten"), ("RILL_SAMPLE_DOCS", "perhaps"), ("LOG_LEVEL", "loud"),
    ("RILL_MODEL_PROVIDER", "magic"), ("RILL_ROUTER", "dice"), ("DATABASE_URL", "mysql://u:pw@h/db"),
    ("RILL_DATABASE_POOL", "1"), ("RILL_NODE_LEASE", "0"),
    ("RILL_QUERY_WRITER", "poet"), ("RILL_RERANKER", "magic"),
  ]

  @Test("A wrong value fails at the start and names its key", arguments: wrongValues)
  func wrongValue(key: String, value: String) async throws {
    let error = await #expect(throws: ConfigurationError.self) { try await load(environment: [key: value]) }
    #expect(error?.key == key)
    #expect(error?.description.contains("pw") == false)
  }

  @Test(
    "Anything but loopback needs an API token",
    arguments: ["0.0.0.0", "192.168.1.5", "::", "example.org", "127.evil.org.x"])
  func publicHost(host: String) async throws {
    let error = await #expect(throws: ConfigurationError.self) {
      try await load(environment: ["RILL_HOST": host])
    }
    #expect(error?.key == "RILL_API_TOKEN")
    let allowed = try await load(environment: ["RILL_HOST": host, "RILL_API_TOKEN": "t"])
    #expect(allowed.host == host)
  }

  @Test("A rerank URL alone chooses the endpoint; an endpoint without a URL, or with a bad one, is refused")
  func rerankers() async throws {
    let url = "http://127.0.0.1:9/v1/rerank"
    #expect(try await load(environment: [:]).reranker == .embedded)
    #expect(try await load(environment: ["RILL_RERANK_URL": url]).reranker == .endpoint)
    let kept = try await load(environment: ["RILL_RERANK_URL": url, "RILL_RERANKER": "none"])
    #expect(kept.reranker == .none)
    let missing = await #expect(throws: ConfigurationError.self) {
      try await load(environment: ["RILL_RERANKER": "endpoint"])
    }
    #expect(missing?.key == "RILL_RERANK_URL")
    let transport = try HTTPTransport()
    let bad = try await load(environment: ["RILL_RERANK_URL": "not an address"])
    let error = #expect(throws: ConfigurationError.self) {
      try RerankerChoice.make(bad, transport: transport)
    }
    #expect(error?.key == "RILL_RERANK_URL")
    #expect(try RerankerChoice.make(kept, transport: transport).name == "none")
    await transport.close()
  }

  @Test("A secret is never printed")
  func secrets() async throws {
    let configuration = try await load(
      environment: [
        "OPENAI_API_KEY": "sk-verysecret", "RILL_API_TOKEN": "tok-secret", "RILL_RERANK_API_KEY": "rk-secret",
      ])
    var text = ""
    dump(configuration, to: &text)
    text += "\(configuration)"
    #expect(!text.contains("sk-verysecret"))
    #expect(!text.contains("tok-secret"))
    #expect(!text.contains("rk-secret"))
  }
}
