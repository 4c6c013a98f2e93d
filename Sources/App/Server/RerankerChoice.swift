import Graph
import Providers

/// The reranker that the configuration asks for.
enum RerankerChoice {
  /// - Throws: ``ConfigurationError`` when the endpoint's address is not one.
  static func make(_ configuration: RillConfiguration, transport: HTTPTransport) throws -> any Reranker {
    switch configuration.reranker {
    case .none: return SearchOrderReranker()
    case .embedded: return EmbeddedReranker()
    case .endpoint:
      guard
        let endpoint = RerankEndpoint(
          url: configuration.rerankURL ?? "", model: configuration.rerankModel,
          apiKey: configuration.rerankKey, transport: transport)
      else {
        throw ConfigurationError(
          key: "RILL_RERANK_URL",
          message: "It must be an address with http or https, like http://127.0.0.1:8080/v1/rerank.")
      }
      return endpoint
    }
  }
}
