/// The name of a node, unique within its graph.
public struct NodeID: Hashable, Codable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  public let name: String

  /// Where every run begins: not a node, only the source of edges.
  public static let start = NodeID("__start__")
  /// Where a branch of a run ends: not a node, only the target of edges.
  public static let end = NodeID("__end__")

  public init(_ name: String) {
    self.name = name
  }

  public init(stringLiteral value: String) {
    self.init(value)
  }

  // Encoded as a bare string, so that a checkpoint reads `"pending": ["rerank"]`.
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }

  public var description: String { name }
}
