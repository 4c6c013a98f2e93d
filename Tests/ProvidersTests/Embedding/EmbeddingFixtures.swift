import Foundation
import Testing

@testable import Providers

/// What the tests need of a real model: its folder, and what the originals made of many texts
/// (`benchmarks/embedding/record-parity`).
enum EmbeddingFixtures {
  struct Tokens: Decodable {
    struct Record: Decodable {
      let text: String
      let ids: [Int32]
      let starts: [Int32]
    }

    let texts: [Record]
  }

  struct Vectors: Decodable {
    struct Record: Decodable {
      let text: String
      /// 32-bit numbers.
      let vector: Data
      let spans: [[Int]]
      /// 16-bit numbers.
      let parts: [Data]
    }

    let texts: [Record]
  }

  struct Scalars: Decodable {
    let blocks: [String]
  }

  static let variable = "RILL_TEST_MODEL_DIR"

  /// Whether the tests of a real model run. `make test` installs one and names it; then nothing is skipped.
  static var isModelNamed: Bool { ProcessInfo.processInfo.environment[variable] != nil }

  static func modelFolder() throws -> EmbeddingModelFolder {
    let path = try #require(ProcessInfo.processInfo.environment[variable])
    return try EmbeddingModelFolder(opening: URL(filePath: path))
  }

  static func load<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Fixtures/embedding/\(name).json").standardizedFileURL
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  }
}

extension Trait where Self == ConditionTrait {
  static var needsModel: Self {
    .enabled(
      if: EmbeddingFixtures.isModelNamed,
      "\(EmbeddingFixtures.variable) is not set: scripts/embedding-model installs the model that these tests read"
    )
  }
}
