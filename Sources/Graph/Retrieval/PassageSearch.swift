/// Searches by words and by vectors, for one question.
public protocol PassageSearch: WordSearch {
  /// The passages that both ways of searching find for each text.
  ///
  /// A store that searches words and vectors in one place waits for the vectors of the texts, and then asks for both
  /// lists in one round trip; others search the words meanwhile, and the vectors where `vectors` says.
  /// - Parameter limit: of each list.
  /// - Throws: ``StoreError`` when the words cannot be searched, `CancellationError`. What keeps the vectors from being
  ///   searched stands in the result.
  func passages(
    for texts: [String], limit: Int, filter: SearchFilter, vectors: any VectorSearch
  ) async throws -> PassageLists

  /// The candidates for a question: what both ways of searching find, fused, as far as it is asked for.
  ///
  /// A store that knows chunks by numbers fuses those, and reads only the passages that are left.
  /// - Parameter vectors: `nil` for a search by words alone.
  /// - Throws: as ``passages(for:limit:filter:vectors:)``.
  func candidates(_ search: CandidateSearch, vectors: (any VectorSearch)?) async throws -> FoundCandidates
}

extension PassageSearch {
  public func candidates(
    _ search: CandidateSearch, vectors: (any VectorSearch)?
  ) async throws -> FoundCandidates {
    try await fusedLists(search, vectors: vectors)
  }

  /// The candidates of lists that have been read as a whole.
  public func fusedLists(
    _ search: CandidateSearch, vectors: (any VectorSearch)?
  ) async throws -> FoundCandidates {
    let lists = try await lists(search, vectors: vectors)
    var found = FoundCandidates()
    var meaning: [[Passage]] = []
    switch lists.meaning {
    case .found(let result):
      meaning = result.lists
      found.meaning = .found(queryVector: result.queryVector)
    case .unavailable: break
    case .failed(let error): found.meaning = .failed(error)
    }
    found.candidates = Fusion(settings: search.settings).fuse(
      words: lists.words, meaning: meaning, limit: search.settings.candidateLimit)
    return found
  }

  /// Searches in the ways that count something.
  private func lists(_ search: CandidateSearch, vectors: (any VectorSearch)?) async throws -> PassageLists {
    let (texts, limit, filter) = (search.texts, search.settings.depth, search.filter)
    guard search.settings.wordWeight > 0 else {
      let meaning = try await PassageLists.Meaning {
        try await vectors?.search(texts, limit: limit, filter: filter)
      }
      return PassageLists(words: [], meaning: meaning)
    }
    guard let vectors else {
      return PassageLists(
        words: try await self.search(texts, limit: limit, filter: filter), meaning: .unavailable)
    }
    return try await passages(for: texts, limit: limit, filter: filter, vectors: vectors)
  }

  /// Both searches at the same time, each on its own.
  public func passages(
    for texts: [String], limit: Int, filter: SearchFilter, vectors: any VectorSearch
  ) async throws -> PassageLists {
    async let words = search(texts, limit: limit, filter: filter)
    let meaning = try await PassageLists.Meaning {
      try await vectors.search(texts, limit: limit, filter: filter)
    }
    return PassageLists(words: try await words, meaning: meaning)
  }
}

extension WordSearch {
  /// One list for each text.
  public func search(_ texts: [String], limit: Int, filter: SearchFilter) async throws -> [[Passage]] {
    var lists: [[Passage]] = []
    for text in texts { lists.append(try await search(text, limit: limit, filter: filter)) }
    return lists
  }
}

/// What a search by words and by vectors found.
public struct PassageLists: Sendable {
  /// For each text the passages with the best words, best first.
  public var words: [[Passage]]
  public var meaning: Meaning

  public init(words: [[Passage]], meaning: Meaning) {
    self.words = words
    self.meaning = meaning
  }

  /// What became of the search by vectors.
  public enum Meaning: Sendable {
    case found(VectorSearchResult)
    /// No vectors serve now.
    case unavailable
    case failed(any Error)

    /// - Throws: only `CancellationError`; every other failure becomes ``failed(_:)``.
    public init(_ search: () async throws -> VectorSearchResult?) async throws {
      do {
        self = try await search().map(Self.found) ?? .unavailable
      } catch let error as CancellationError {
        throw error
      } catch {
        self = .failed(error)
      }
    }
  }
}

/// What is searched for, and how.
public struct CandidateSearch: Sendable, Hashable {
  /// See ``RetrievalQuery/texts``.
  public var texts: [String]
  public var settings: RetrievalSettings
  public var filter: SearchFilter

  public init(_ texts: [String], settings: RetrievalSettings = .init(), filter: SearchFilter = .all) {
    self.texts = texts
    self.settings = settings
    self.filter = filter
  }
}

/// What a search found, fused.
public struct FoundCandidates: Sendable {
  /// Best first, no more than the settings want.
  public var candidates: [Candidate] = []
  public var meaning = Meaning.unavailable

  public init() {}

  /// What became of the search by vectors.
  public enum Meaning: Sendable {
    /// With the vector of the first text.
    case found(queryVector: [Float])
    /// No vectors serve now, or they were not asked for.
    case unavailable
    case failed(any Error)
  }
}
