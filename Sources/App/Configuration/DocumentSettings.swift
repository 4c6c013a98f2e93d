import Foundation
import Providers

/// The part of the configuration that is about documents and their vectors.
struct DocumentSettings: Sendable {
  enum EmbeddingProvider: String, Sendable, CaseIterable {
    /// The weights, if they are found.
    case automatic = "auto"
    case minilm, openai, none
  }

  /// A folder whose files are followed; `nil` for none.
  var watchedFolder: URL?
  /// Whether documents may be fetched from this machine and its network.
  var allowsPrivateURLs = false
  /// The largest file, in bytes.
  var uploadLimit = 200_000_000
  var embeddingProvider = EmbeddingProvider.automatic
  /// The folder with the weights; `nil` looks for them.
  var embeddingDirectory: URL?
  var embeddingModel: String?
  var embeddingBaseURL: String?
  var embeddingKey: Secret?

  init() {}

  /// - Throws: ``ConfigurationError``, which names the key.
  init(_ settings: SettingsReader) throws {
    watchedFolder = try settings.string(.watchedFolder).map { URL(filePath: $0).standardizedFileURL }
    allowsPrivateURLs = try settings.boolean(.allowPrivateURLs) ?? false
    uploadLimit = try settings.integer(.maxUploadBytes, in: 1...10_000_000_000) ?? uploadLimit
    embeddingProvider =
      try settings.choice(.embeddingProvider, of: EmbeddingProvider.allCases.map(\.rawValue)).flatMap {
        EmbeddingProvider(rawValue: $0)
      } ?? .automatic
    embeddingDirectory = try settings.string(.embeddingDirectory).map { URL(filePath: $0) }
    embeddingModel = try settings.string(.embeddingModel)
    embeddingBaseURL = try settings.string(.embeddingBaseURL)
    embeddingKey = try settings.string(.embeddingKey).map(Secret.init)
    if let watchedFolder {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: watchedFolder.path, isDirectory: &isFolder)
      guard exists, isFolder.boolValue else {
        throw ConfigurationError(
          key: SettingKey.watchedFolder.environmentName, message: "There is no such folder. Make it first.")
      }
    }
  }
}
