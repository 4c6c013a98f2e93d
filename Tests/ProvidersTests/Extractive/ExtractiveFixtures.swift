import Foundation
import Graph

@testable import Providers

/// Passages as the knowledge base makes them: Markdown documents, cut by the real chunker.
enum ExtractiveFixtures {
  static func passages(_ documents: String...) -> [Passage] {
    documents.flatMap { text in
      let extracted = ExtractedText.markdown(text)
      let documentID = UUID()
      return StructuredChunker().chunk(extracted).enumerated().map { ordinal, piece in
        Passage(
          chunk: Chunk(
            id: UUID(), documentID: documentID, ordinal: ordinal, headings: piece.headings, text: piece.text,
            byteRange: piece.byteRange),
          title: extracted.title ?? "Untitled", source: "test.md", score: Double(10 - ordinal))
      }
    }
  }

  static func answer(_ question: String, from passages: [Passage], history: [ChatMessage] = []) -> String {
    ExtractiveModel.answer(
      to: ModelRequest(
        messages: [ChatMessage(.system, "Answer from the passages.")] + history + [
          ChatMessage(.user, question)
        ],
        question: question, passages: passages))
  }

  static let kettle = """
    # Kettle handbook

    The Brookside kettle is an electric kettle for home use. It boils 1.7 litres in four minutes.

    ## Settings

    The kettle reads its settings when it is plugged in.

    | setting | default | range | meaning |
    |---|---|---|---|
    | `TEMP` | `100` | 40–100 | temperature in degrees Celsius at which heating stops |
    | `KEEP_WARM` | `0` | 0–60 | minutes for which the water is kept warm |
    | `PORT` | `8000` | 1–65535 | network port of the control page |

    ## How to change the port

    The control page listens on port 8000; change it with `PORT`. To use port 9000, type:

    ```sh
    kettle set PORT=9000
    ```

    Other devices on the network must use the new number as well.

    ## Descaling

    Limescale makes the kettle slow, because it keeps the heat from the water. Descale it once a month:

    1. Fill it with equal parts of water and vinegar.
    2. Boil it, and let it stand for an hour.
    3. Rinse it three times. Throw the water away.

    See [the care guide](care.md#vinegar) for other remedies [3].

    ## Safety

    - Never open the lid while the water boils.
    - Keep children away from the cord.
    - The kettle switches itself off when it is empty.

    ## Warranty

    The warranty lasts three years from the day of purchase. It does not cover damage by limescale.
    """

  static let weather = """
    # Weather notes

    The wettest year on record was 2012. Rain fell on 212 days. The weather station measures rain, wind and temperature.

    ## Storms

    Storms come from the west in autumn, because the sea is still warm then.
    """
}
