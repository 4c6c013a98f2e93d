import Graph
import Postgres

/// Searches by words, by vectors or by both, each in one round trip.
struct PostgresPassageSearch {
  let database: PostgresDatabase
  let owner: String
  let limit: Int
  let filter: SearchFilter

  /// - Returns: one list for each text.
  func words(_ texts: [String]) async throws -> [[Passage]] {
    guard limit > 0 else { return texts.map { _ in [] } }
    return try await words(prepared(texts))
  }

  /// - Returns: one list for each vector.
  /// - Throws: ``StoreError``: ``StoreError/Code/notFound`` for an unknown model, ``StoreError/Code/conflict`` for a vector
  ///   of another length.
  func nearest(to vectors: [[Float]], model: String) async throws -> [[Passage]] {
    guard limit > 0 else { return vectors.map { _ in [] } }
    return try await run([], QueryVectors(model: model, vectors: vectors)).meaning
  }

  /// - Returns: one list for each text, and one for each vector.
  func both(
    _ texts: [String], vectors: @Sendable () async throws -> QueryVectors?
  ) async throws -> PassageLists {
    guard limit > 0 else { return PassageLists(words: texts.map { _ in [] }, meaning: .unavailable) }
    // What must be known of the words is asked while the question is embedded.
    async let prepared = prepared(texts)
    let query: QueryVectors?
    do {
      query = try await vectors()
    } catch let error as CancellationError {
      throw error
    } catch {
      return PassageLists(words: try await words(prepared), meaning: .failed(error))
    }
    guard let query, let first = query.vectors.first else {
      return PassageLists(words: try await words(prepared), meaning: .unavailable)
    }
    do {
      let lists = try await run(prepared, query)
      let found = VectorSearchResult(lists: lists.meaning, queryVector: first)
      return PassageLists(words: lists.words, meaning: .found(found))
    } catch let error as StoreError {
      // Words alone may still be found: perhaps it is the vectors that fail.
      return PassageLists(words: try await words(prepared), meaning: .failed(error))
    }
  }

  /// `nil` for a text without words.
  private func prepared(_ texts: [String]) async throws -> [PostgresWordSearch?] {
    var searches: [PostgresWordSearch?] = []
    for text in texts {
      searches.append(try await PostgresWordSearch(text, owner: owner, filter: filter, database))
    }
    return searches
  }

  private func words(_ searches: [PostgresWordSearch?]) async throws -> [[Passage]] {
    try await run(searches, nil).words
  }

  private struct Lists {
    var words: [[Passage]]
    var meaning: [[Passage]]
  }

  private func run(_ words: [PostgresWordSearch?], _ query: QueryVectors?) async throws -> Lists {
    guard let query else { return try await run(words, query, model: nil) ?? Lists(words: [], meaning: []) }
    // What is remembered of the model is checked in the same round trip, so that nobody searches one that is gone.
    if let known = database.knowledge.model(query.model, of: owner), known.accepts(query),
      let lists = try await run(words, query, model: known)
    {
      return lists
    }
    for _ in 0..<3 {
      let store = PostgresEmbeddingStore(database: database, owner: owner)
      let model = try await store.model(query.model)
      guard model.accepts(query) else {
        throw StoreError(
          .conflict, "The question's vector is not from the model whose vectors are searched.",
          detail: "dimension \(query.vectors.first?.count ?? 0), expected \(model.descriptor.dimension)")
      }
      database.knowledge.remember(model, id: query.model, of: owner)
      if let lists = try await run(words, query, model: model) { return lists }
    }
    throw StoreError(.unavailable, "The embedding models are changing too fast to be searched. Try again.")
  }

  /// - Returns: `nil` when the model is another one by now.
  private func run(
    _ words: [PostgresWordSearch?], _ query: QueryVectors?, model: PostgresEmbeddingModel?
  ) async throws -> Lists? {
    let wordSearches = words.compactMap(\.self)
    let vectors = try model.map {
      try PostgresEmbeddingStore(database: database, owner: owner).search($0, filter)
    }
    // Compiling a statement, or starting other processes for it, takes longer than any of these.
    let settings =
      ["set_config('jit', 'off', true)", "set_config('max_parallel_workers_per_gather', '0', true)"]
      + (vectors?.settings(limit: limit) ?? [])
    var statements = [PostgresStatement("SELECT " + settings.joined(separator: ", "))]
    statements += wordSearches.map { $0.statement(limit: limit) }
    if let query, let vectors {
      statements += query.vectors.map { vectors.statement(nearestTo: $0, limit: limit) }
      statements.append(PostgresEmbeddingModel.statement(id: query.model, owner: owner))
    }
    guard statements.count > 1 else { return Lists(words: words.map { _ in [] }, meaning: []) }
    var results = try await database.pipeline(statements).dropFirst()
    if let model, let query {
      guard let row = results.popLast()?.first,
        try PostgresEmbeddingModel(row: row).sequence == model.sequence
      else {
        database.knowledge.remember(nil, id: query.model, of: owner)
        return nil
      }
      // Whether it has an index may have changed; both ways of asking are right, one is faster.
      database.knowledge.remember(try PostgresEmbeddingModel(row: row), id: query.model, of: owner)
    }
    let meaning = try results.suffix(query?.vectors.count ?? 0).map { try $0.map(Passage.init(postgres:)) }
    var byWords = results.makeIterator()
    let lists = try words.map { search in
      try search.flatMap { _ in byWords.next() }?.map(Passage.init(postgres:)) ?? []
    }
    return Lists(words: lists, meaning: meaning)
  }
}

extension PostgresEmbeddingModel {
  fileprivate func accepts(_ query: QueryVectors) -> Bool {
    query.vectors.allSatisfy { $0.count == descriptor.dimension }
  }
}

extension PostgresEmbeddingStore {
  /// - Throws: ``StoreError`` without the extension.
  fileprivate func search(_ model: PostgresEmbeddingModel, _ filter: SearchFilter) throws
    -> PostgresVectorSearch
  {
    PostgresVectorSearch(
      owner: owner, model: model, vectors: try vectors, filter: PostgresSearchFilter(filter))
  }
}
