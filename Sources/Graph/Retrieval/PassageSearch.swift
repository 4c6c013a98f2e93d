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
}

extension PassageSearch {
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
