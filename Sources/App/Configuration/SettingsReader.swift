import Configuration
import Foundation
import SystemPackage

/// Reads settings from the command line, the environment and a file, in this order of precedence.
struct SettingsReader: Sendable {
  private let commandLine: ConfigReader
  private let environment: ConfigReader
  private let file: ConfigReader?

  /// - Parameters:
  ///   - options: what the command line set.
  ///   - file: a `.json`, `.yaml` or `.yml` file; `nil` for none.
  /// - Throws: ``ConfigurationError`` when the file cannot be read.
  init(options: [SettingKey: String], environment: [String: String], file: URL?) async throws {
    var optionValues: [AbsoluteConfigKey: ConfigValue] = [:]
    for (key, value) in options {
      optionValues[AbsoluteConfigKey([key.fileName])] = ConfigValue(.string(value), isSecret: key.isSecret)
    }
    let secrets = Set(SettingKey.allCases.filter(\.isSecret).map(\.environmentName))
    commandLine = ConfigReader(provider: InMemoryProvider(name: "command line", values: optionValues))
    self.environment = ConfigReader(
      provider: EnvironmentVariablesProvider(
        environmentVariables: environment, secretsSpecifier: .specific(secrets)))
    self.file = try await file.asyncMap(Self.reader)
  }

  private static func reader(of file: URL) async throws -> ConfigReader {
    do {
      let path = FilePath(file.path)
      switch file.pathExtension.lowercased() {
      case "json": return ConfigReader(provider: try await FileProvider<JSONSnapshot>(filePath: path))
      case "yaml", "yml": return ConfigReader(provider: try await FileProvider<YAMLSnapshot>(filePath: path))
      default:
        throw ConfigurationError(key: "--config", message: "The file must end in .json, .yaml or .yml.")
      }
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw ConfigurationError(
        key: "--config", message: "\(file.lastPathComponent) could not be read: \(error)")
    }
  }

  /// The value as text, whatever type the file gave it; `nil` when it is set nowhere or empty.
  func string(_ key: SettingKey) throws -> String? {
    try Self.text(commandLine, key.fileName, key)
      ?? Self.text(environment, key.environmentName.lowercased(), key)
      ?? file.flatMap { try Self.text($0, key.fileName, key) ?? Self.text($0, key.environmentName, key) }
  }

  private static func text(_ reader: ConfigReader, _ name: String, _ key: SettingKey) throws -> String? {
    let name = ConfigKey([name])
    if let value = try? reader.requiredString(forKey: name, isSecret: key.isSecret) {
      // An empty variable is how shells and compose files say “not set”.
      return value.isEmpty ? nil : value
    }
    if let value = try? reader.requiredInt(forKey: name) { return String(value) }
    if let value = try? reader.requiredDouble(forKey: name) { return String(value) }
    if let value = try? reader.requiredBool(forKey: name) { return String(value) }
    if (try? reader.requiredStringArray(forKey: name)) != nil {
      throw ConfigurationError(key: key.environmentName, message: "It must be one value, not a list.")
    }
    return nil
  }
}

extension SettingKey {
  var isSecret: Bool {
    [.openAIKey, .rerankKey, .embeddingKey, .apiToken, .databaseURL].contains(self)
  }
}

extension Optional {
  fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async throws -> Result? {
    guard let self else { return nil }
    return try await transform(self)
  }
}
