/// Cuts a text into pieces of about a word, as a language model would send them. Joined, they are the text.
enum TokenPieces {
  /// The longest piece in characters, without the white space before it.
  private static let longest = 12

  static func pieces(of text: String) -> [String] {
    var pieces: [String] = []
    var piece = ""
    var letters = 0
    for character in text {
      let isSpace = character.isWhitespace
      if letters > 0, isSpace || letters == longest {
        pieces.append(piece)
        piece = ""
        letters = 0
      }
      piece.append(character)
      if !isSpace { letters += 1 }
    }
    if !piece.isEmpty { pieces.append(piece) }
    return pieces
  }
}
