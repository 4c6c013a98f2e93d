import Graph
import Postgres

/// A search for the nearest vectors of one model as one statement.
struct PostgresVectorSearch {
  let owner: String
  let model: PostgresEmbeddingModel
  let vectors: PostgresVectorExtension
  let filter: PostgresSearchFilter

  /// An index gives no more than this at once, whatever else it is told.
  private static let mostFromIndex = 800
  /// A filter that leaves at most so many chunks needs no index.
  var fewChunks = 10_000

  /// Whether a search for so many asks the index.
  func usesIndex(limit: Int) -> Bool { model.isIndexed && limit <= Self.mostFromIndex }

  /// The settings of the index for a search, as calls of `set_config`.
  func settings(limit: Int) -> [String] {
    guard usesIndex(limit: limit) else { return [] }
    // More than asked for: 16-bit numbers order the last ones a little differently, and recall grows with it.
    var settings = ["set_config('hnsw.ef_search', '\(min(max(2 * limit, 100), 1_000))', true)"]
    if vectors.hasIterativeScan {
      settings.append("set_config('hnsw.iterative_scan', 'relaxed_order', true)")
      if !filter.isAll { settings.append("set_config('hnsw.max_scan_tuples', '200000', true)") }
    }
    return settings
  }

  func statement(nearestTo vector: [Float], limit: Int) -> PostgresStatement {
    var parameters = PostgresParameters()
    let query = Query(
      vector: "(SELECT \(parameters.add(.floats(vector)))::\(vectors.schema).vector)",
      limit: parameters.add(.int(Int64(limit))))
    var expressions: [String] = []
    var found: String
    if filter.isAll {
      found = usesIndex(limit: limit) ? fromIndex(query, "", limit) : exact(query, "")
    } else {
      let wanted = filter.condition(owner: owner, &parameters)
      expressions = [
        "wanted AS MATERIALIZED (SELECT sequence, chunk_count FROM documents WHERE \(wanted))",
        """
        few AS MATERIALIZED (
          SELECT coalesce(sum(chunk_count), 0) <= \(fewChunks) AS are FROM wanted)
        """,
      ]
      found = exact(query, "AND document IN (SELECT sequence FROM wanted)")
      if usesIndex(limit: limit) {
        // Only one of the two is run. The second condition is written so that it stays a filter of the index's rows.
        let all = exact(query, "AND document IN (SELECT sequence FROM wanted) AND (SELECT are FROM few)")
        let some = fromIndex(
          query,
          "AND (document IN (SELECT sequence FROM wanted)) IS TRUE AND NOT (SELECT are FROM few)", limit)
        found = "(\(all)) UNION ALL (\(some))"
      }
    }
    expressions.append("near AS MATERIALIZED (\(found))")
    expressions.append(
      "found AS (SELECT chunk, score FROM near ORDER BY score DESC, chunk LIMIT \(query.limit))")
    return PostgresStatement(
      "WITH \(expressions.joined(separator: ", ")) \(Passage.postgresSelection)", parameters.values)
  }

  private struct Query {
    let vector: String
    let limit: String
  }

  /// The inner product, which is the cosine, of the full vectors.
  private func score(_ query: Query) -> String {
    "-(embedding OPERATOR(\(vectors.schema).<#>) \(query.vector))"
  }

  private func exact(_ query: Query, _ condition: String) -> String {
    """
    SELECT chunk, \(score(query)) AS score FROM chunk_vectors
    WHERE model = \(model.sequence) \(condition) ORDER BY score DESC, chunk LIMIT \(query.limit)
    """
  }

  /// Some more than asked for, scored again with the full vectors.
  private func fromIndex(_ query: Query, _ condition: String, _ limit: Int) -> String {
    let (schema, dimension) = (vectors.schema, model.descriptor.dimension)
    let type = "\(schema).\(vectors.indexedType(dimension: dimension) ?? "vector")(\(dimension))"
    return """
      SELECT chunk, \(score(query)) AS score FROM chunk_vectors WHERE model = \(model.sequence) \(condition)
      ORDER BY embedding::\(type) OPERATOR(\(schema).<=>) \(query.vector)::\(type)
      LIMIT \(query.limit) + \(limit / 8 + 8)
      """
  }
}
