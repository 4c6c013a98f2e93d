import Foundation
import Graph

/// Which embedding model makes the vectors when several nodes share a store.
///
/// The model that serves stays as long as any living node is configured with it. So nodes with different models do not
/// replace each other's vectors without end; and when the configuration is changed node by node, the old model serves, and
/// gets new documents, too, until the last node that has it is gone. Then the others begin with the new one.
struct EmbeddingAgreement: Sendable {
  let cluster: any Cluster
  let settings: any SettingStore

  /// Lets the other nodes know this one's model.
  /// - Throws: ``StoreError`` from every call.
  func announce(_ model: String) async throws {
    let key = Self.key(of: cluster.nodeID)
    guard try await settings.setting(key) != model else { return }
    try await settings.setSetting(key, to: model)
  }

  /// Whether another living node is configured with a model.
  func isUsedElsewhere(_ model: String) async throws -> Bool {
    for node in try await cluster.livingNodes() where node != cluster.nodeID {
      if try await settings.setting(Self.key(of: node)) == model { return true }
    }
    return false
  }

  /// The setting that holds the model of a node.
  private static func key(of node: UUID) -> String { "embedding-model/\(node.wireString)" }
}
