import Graph
import Postgres

/// A search by words as one statement.
///
/// BM25 with the weights of ``SQLiteWordSearch``. PostgreSQL's own ranks know nothing of how rare a word is, but
/// `ts_rank_cd` for a single word is exactly the sum of the weights of its places. The weights must not be above 1, so
/// all are halved.
struct PostgresWordSearch {
  let owner: String
  let plan: PostgresWordPlan
  let meanLength: Double
  let filter: PostgresSearchFilter

  /// Of places in the text, unused, in headings, in the title.
  private static let weights = "'{0.5, 0, 0.75, 1}'"
  /// A limit for statistics that are old: so many candidates at the most, for each of the budget.
  private static let tolerance = 2
  /// A filter that leaves at most so many chunks needs no plan: all that have a word are scored.
  private static let fewChunks = PostgresWordPlan.budget

  func statement(limit: Int) -> PostgresStatement {
    var parameters = PostgresParameters()
    let owner = parameters.add(.text(owner))
    var expressions: [String] = []
    var condition = ""
    var candidates = query(plan.candidates, &parameters)
    if !filter.isAll {
      let wanted = filter.condition(owner: self.owner, &parameters)
      expressions.append(
        "wanted AS MATERIALIZED (SELECT sequence, chunk_count FROM documents WHERE \(wanted))")
      condition = "AND document IN (SELECT sequence FROM wanted)"
      candidates = """
        (SELECT CASE WHEN coalesce(sum(chunk_count), 0) <= \(Self.fewChunks) THEN \(query(plan.all, &parameters))
          ELSE \(candidates) END FROM wanted)
        """
    }
    let columns = "SELECT sequence, word_count, words FROM chunks WHERE owner = \(owner) \(condition)"
    var selections = [
      "(\(columns) AND words @@ \(candidates) LIMIT \(Self.tolerance * PostgresWordPlan.budget))"
    ]
    if let addition = plan.addition {
      selections.append(
        """
        (\(columns) AND words @@ \(query(addition, &parameters)) AND NOT words @@ \(candidates)
          LIMIT \(plan.additionLimit))
        """)
    }
    expressions.append(
      """
      found AS (
        SELECT sequence AS chunk, \(score(&parameters)) AS score
        FROM (
          SELECT sequence, words, \(lengthFactor(&parameters)) AS length
          FROM (\(selections.joined(separator: " UNION ALL "))) candidates OFFSET 0
        ) candidates
        ORDER BY score DESC, sequence LIMIT \(parameters.add(.int(Int64(limit))))
      )
      """)
    return PostgresStatement(
      "WITH \(expressions.joined(separator: ", ")) \(Passage.postgresSelection)", parameters.values)
  }

  /// BM25's k1 · (1 − b + b · length / mean length).
  private func lengthFactor(_ parameters: inout PostgresParameters) -> String {
    let (k1, b) = (PostgresWordPlan.k1, PostgresWordPlan.b)
    let constant = parameters.add(.double(k1 * (1 - b)))
    return "\(constant) + \(parameters.add(.double(k1 * b / meanLength))) * word_count::float8"
  }

  /// With the factor k1 + 1 in the weight, a term's share is weight · tf / (tf + length) = weight − weight · length / (tf +
  /// length): so the rank is computed once. Half of tf is what PostgreSQL gives.
  private func score(_ parameters: inout PostgresParameters) -> String {
    let sum = plan.terms.map { term in
      let word = query(ChunkWords.quoted(term.stem), &parameters)
      let weight = parameters.add(.double(term.weight))
      let rank = "ts_rank_cd(\(Self.weights), words, \(word), 0)"
      // Most candidates lack most of the words, and looking for one takes a third of the time.
      return "CASE WHEN words @@ \(word) THEN \(weight) * (1 - length / (2 * \(rank) + length)) ELSE 0 END"
    }
    return "(" + sum.joined(separator: " + ") + ")"
  }

  /// A subquery, so that the text is read once and not for each row.
  private func query(_ text: String, _ parameters: inout PostgresParameters) -> String {
    "(SELECT \(parameters.add(.text(text)))::tsquery)"
  }
}

extension PostgresWordSearch {
  /// - Returns: `nil` when the text holds no words.
  init?(_ text: String, owner: String, filter: SearchFilter, _ database: PostgresDatabase) async throws {
    let stems = Self.stems(of: text)
    guard !stems.isEmpty else { return nil }
    let frequencies = try await database.knowledge.wordStatistics
      .frequencies(of: stems, owner: owner, database)
    self.init(
      owner: owner, plan: PostgresWordPlan(stems: stems, frequencies: frequencies),
      meanLength: frequencies.meanLength, filter: PostgresSearchFilter(filter))
  }

  /// The words of a question, each once; as in ``FullTextQuery``.
  private static func stems(of text: String) -> [String] {
    var seen: Set<String> = []
    let stems = TextAnalysis.contentWords(in: text).map(ChunkWords.lexeme).filter { seen.insert($0).inserted }
    return Array(stems.prefix(FullTextQuery.maximumTerms))
  }
}
