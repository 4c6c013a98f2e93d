public import Foundation

/// A conversation: what the page lists on its left, and what the protocol calls a session.
public struct Session: Sendable, Hashable, Codable, Identifiable {
  public let id: UUID
  /// Made from the first message until the user renames it.
  public var title: String
  public let createdAt: Date
  /// When a message last came in; lists are sorted by it.
  public var updatedAt: Date

  public init(id: UUID, title: String, createdAt: Date, updatedAt: Date) {
    self.id = id
    self.title = title
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

/// One message of a conversation.
public struct Message: Sendable, Hashable, Codable, Identifiable {
  public enum Role: String, Sendable, Hashable, Codable {
    case user, assistant
  }

  /// How an assistant message ended. User messages are always `done`.
  public enum Status: String, Sendable, Hashable, Codable {
    /// Its run is still going on.
    case running
    case done
    /// The run was stopped; `content` is the part that the user saw.
    case cancelled
    /// The run failed; `content` is the part that the user saw.
    case error
    /// The server went away during the run.
    case interrupted
  }

  public let id: UUID
  public let sessionID: UUID
  /// The message that this one answers or follows; `nil` for the first.
  public let parentID: UUID?
  public let role: Role
  public var content: String
  public var status: Status
  public let createdAt: Date
  /// What an assistant message knows besides its text; `nil` for user messages.
  public var answer: AnswerDetails?

  public init(
    id: UUID, sessionID: UUID, parentID: UUID?, role: Role, content: String, status: Status,
    createdAt: Date, answer: AnswerDetails? = nil
  ) {
    self.id = id
    self.sessionID = sessionID
    self.parentID = parentID
    self.role = role
    self.content = content
    self.status = status
    self.createdAt = createdAt
    self.answer = answer
  }
}

/// How an answer came to be.
public struct AnswerDetails: Sendable, Hashable, Codable {
  public var runID: UUID
  public var model: ModelDescriptor
  public var sources: [Source]
  public var usage: TokenUsage?
  public var timings: AnswerTimings?
  /// Why the model stopped, or why the run was cancelled: `stop`, `length`, `user`, `disconnected`, `shutdown`.
  public var finishReason: String?
  /// The protocol's error code and sentence, when the run failed.
  public var errorCode: String?
  public var errorMessage: String?

  public init(
    runID: UUID, model: ModelDescriptor, sources: [Source] = [], usage: TokenUsage? = nil,
    timings: AnswerTimings? = nil, finishReason: String? = nil, errorCode: String? = nil,
    errorMessage: String? = nil
  ) {
    self.runID = runID
    self.model = model
    self.sources = sources
    self.usage = usage
    self.timings = timings
    self.finishReason = finishReason
    self.errorCode = errorCode
    self.errorMessage = errorMessage
  }
}

/// Milliseconds, measured on the server.
public struct AnswerTimings: Sendable, Hashable, Codable {
  /// From the start of the run to its first token; `nil` when none came.
  public var firstTokenMS: Double?
  /// From the start of the run to its end.
  public var totalMS: Double

  public init(firstTokenMS: Double?, totalMS: Double) {
    self.firstTokenMS = firstTokenMS
    self.totalMS = totalMS
  }
}

/// A passage as the user sees it under an answer.
public struct Source: Sendable, Hashable, Codable {
  /// The number of its citation mark, from 1.
  public var number: Int
  public var documentID: UUID
  public var chunkID: UUID
  public var title: String
  public var locator: String
  public var snippet: String
  public var score: Double
  /// The page on which the passage begins, from 1; `nil` for formats without pages.
  public var page: Int?
  /// Where the passage stands, in UTF-8 bytes of the document's text; `nil` in answers of older versions.
  public var start: Int?
  public var end: Int?

  public init(
    number: Int, documentID: UUID, chunkID: UUID, title: String, locator: String, snippet: String,
    score: Double, page: Int? = nil, range: Range<Int>? = nil
  ) {
    self.number = number
    self.documentID = documentID
    self.chunkID = chunkID
    self.title = title
    self.locator = locator
    self.snippet = snippet
    self.score = score
    self.page = page
    start = range?.lowerBound
    end = range?.upperBound
  }
}
