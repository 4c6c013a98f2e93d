import Foundation
import Graph

/// A fixed point in time, in whole milliseconds.
func time(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 1_760_000_000 + seconds) }

func makeSession(_ title: String = "Rivers", at seconds: Double = 0) -> Session {
  Session(id: UUID(), title: title, createdAt: time(seconds), updatedAt: time(seconds))
}

func makeQuestion(
  _ content: String = "What is a rill?", in session: Session, parent: UUID? = nil, at seconds: Double = 1
) -> Message {
  Message(
    id: UUID(), sessionID: session.id, parentID: parent, role: .user, content: content, status: .done,
    createdAt: time(seconds))
}

func makeAnswer(
  to question: Message, content: String = "", status: Message.Status = .running, run: UUID = UUID(),
  at seconds: Double = 2
) -> Message {
  Message(
    id: UUID(), sessionID: question.sessionID, parentID: question.id, role: .assistant, content: content,
    status: status, createdAt: time(seconds), answer: makeDetails(run: run))
}

func makeDetails(run: UUID = UUID()) -> AnswerDetails {
  AnswerDetails(
    runID: run, model: ModelDescriptor(provider: "extractive", model: "rill-extractive"),
    sources: [
      Source(
        number: 1, documentID: UUID(), chunkID: UUID(), title: "Rivers", locator: "Small › Rill",
        snippet: "A rill is a \"small\" stream — 小川.", score: 0.75)
    ])
}

struct DocumentFixture {
  var document: Document
  var text: ExtractedText
  var chunks: [Chunk]
}

/// A document with one chunk for each text.
func makeDocument(
  _ title: String = "Rivers", source: String = "rivers.md", hash: String = "hash", headings: [String] = [],
  texts: [String] = ["A rill is a small stream."], at seconds: Double = 0
) -> DocumentFixture {
  let id = UUID()
  var start = 0
  let chunks = texts.enumerated().map { ordinal, text in
    defer { start += text.utf8.count }
    return Chunk(
      id: UUID(), documentID: id, ordinal: ordinal, headings: headings, text: text,
      byteRange: start..<(start + text.utf8.count))
  }
  return DocumentFixture(
    document: Document(
      id: id, title: title, source: source, mediaType: "text/markdown", contentHash: hash,
      byteCount: start, chunkCount: chunks.count, createdAt: time(seconds)),
    text: ExtractedText(
      title: title, text: texts.joined(),
      blocks: chunks.map { TextBlock(kind: .paragraph, range: $0.byteRange) }),
    chunks: chunks)
}

extension KnowledgeStore {
  func save(_ fixture: DocumentFixture) async throws -> SaveOutcome {
    try await save(fixture.document, text: fixture.text, chunks: fixture.chunks)
  }
}
