import Providers

extension RillConfiguration {
  /// The part of the configuration that says which model answers.
  var modelSettings: ModelSettings {
    ModelSettings(provider: modelProvider, baseURL: openAIBaseURL, apiKey: openAIKey, model: model)
  }

  /// The host as it stands in an address.
  var displayHost: String {
    host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
  }
}
