/// Replies to what is not a question to the documents.
enum SmallTalk {
  /// - Returns: `nil` when the message is none of the phrases that people greet, thank and take their leave
  ///   with.
  static func reply(to message: String) -> String? {
    let words = message.lowercased()
      .replacing("\u{2019}", with: "'")
      .split { !$0.isLetter && $0 != "'" }
      .map(String.init)
    guard words.count <= 8 else { return nil }
    guard !words.isEmpty else { return greeting }
    let text = words.joined(separator: " ")
    for (phrases, reply) in replies where phrases.contains(where: { matches(text, $0) }) { return reply }
    return nil
  }

  /// Whether the phrase is the whole message, but for the words that may stand around any phrase.
  private static func matches(_ text: String, _ phrase: String) -> Bool {
    guard let range = " \(text) ".firstRange(of: " \(phrase) ") else { return false }
    let padded = " \(text) "
    let rest =
      padded[..<range.lowerBound].split(separator: " ") + padded[range.upperBound...].split(separator: " ")
    return rest.allSatisfy { fillers.contains(String($0)) }
  }

  private static let fillers: Set<String> = [
    "a", "again", "and", "day", "everyone", "for", "good", "great", "hello", "help", "hey", "hi", "lot",
    "much", "nice",
    "now", "oh", "ok", "okay", "please", "rill", "so", "that", "the", "there", "today", "very", "well",
    "your",
  ]

  private static let greeting = """
    Hello! I am Rill's built-in answerer. Ask me something about your documents, and I will quote the \
    sentences that answer it, each with its source.
    """

  private static let replies: [(phrases: [String], reply: String)] = [
    (
      [
        "who are you", "what are you", "what's your name", "what is your name", "are you a bot",
        "are you human",
        "are you an ai", "what can you do", "what do you do", "how do you work", "introduce yourself",
      ],
      """
      I am Rill's built-in answerer. I am not a language model: I pick the sentences of your documents that \
      answer your question and quote them with their sources. For answers in a model's own words, connect \
      Rill to one, for example by starting Ollama.
      """
    ),
    (
      ["how are you", "how are you doing", "how's it going", "how is it going", "what's up", "sup"],
      "All is running well here, thank you! What would you like to know from your documents?"
    ),
    (
      [
        "thanks", "thank you", "thx", "ty", "cheers", "danke", "merci", "gracias", "well done", "good job",
        "perfect",
        "awesome",
      ],
      "You are welcome! Ask whenever you want to know something else from your documents."
    ),
    (
      ["bye", "goodbye", "good bye", "see you", "see you later", "good night"],
      "Goodbye! Your conversation is kept, so you can come back to it at any time."
    ),
    (
      [
        "hello", "hi", "hey", "hiya", "howdy", "greetings", "good morning", "good afternoon", "good evening",
        "good day", "hallo", "bonjour", "hola", "ciao", "moin", "servus", "nice to meet you", "help",
      ],
      greeting
    ),
    (
      ["test", "testing", "ping"],
      "Everything works: your message arrived, and this reply came back word by word. Ask me something!"
    ),
    (
      ["ok", "okay", "cool", "great", "nice", "got it", "i see", "yes", "no", "sure"],
      "All right. What else would you like to know from your documents?"
    ),
  ]
}
