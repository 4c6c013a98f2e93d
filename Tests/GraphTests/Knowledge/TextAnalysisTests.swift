import Testing

@testable import Graph

@Suite("Words")
struct TextAnalysisTests {
  @Test(
    "are runs of letters and digits, in lower case, without diacritics",
    arguments: [
      ("The River Rill", ["the", "river", "rill"]),
      ("RILL_PORT=8000", ["rill", "port", "8000"]),
      ("Crème brûlée, ÅNGSTRÖM", ["creme", "brulee", "angstrom"]),
      ("e\u{301}te\u{301}", ["ete"]),
      ("Ελλάς ά", ["ελλας", "α"]),
      ("the river's bed, don’t", ["the", "river", "bed", "don"]),
      ("'s", []),
      ("don't't", ["don"]),
      ("日本語 text", ["日本語", "text"]),
      ("", []), ("!?* \n", []),
    ])
  func words(text: String, expected: [String]) {
    #expect(TextAnalysis.words(in: text).map(\.text) == expected)
  }

  @Test("know where they stand")
  func ranges() {
    let text = "Über «Flüsse»!"
    let bytes = Array(text.utf8)
    let slices = TextAnalysis.words(in: text).map { String(decoding: bytes[$0.range], as: UTF8.self) }
    #expect(slices == ["Über", "Flüsse"])
  }

  @Test("of content leave out stop words, unless there are no others")
  func contentWords() {
    #expect(TextAnalysis.contentWords(in: "What is the idle timeout?").map(\.text) == ["idle", "timeout"])
    #expect(TextAnalysis.contentWords(in: "who is it").map(\.text) == ["who", "is", "it"])
  }

  @Test("are stemmed as in Porter's paper", arguments: porterVocabulary)
  func stems(word: String, stem: String) {
    #expect(PorterStemmer.stem(word) == stem)
  }

  @Test("that are not plain English letters keep their form")
  func unstemmed() {
    for word in ["as", "2024", "straße", "naïves", String(repeating: "s", count: 65)] {
      #expect(PorterStemmer.stem(word) == word)
    }
  }
}

/// The examples of Porter (1980), carried through all steps.
private let porterVocabulary: [(String, String)] = [
  ("caresses", "caress"), ("ponies", "poni"), ("ties", "ti"), ("caress", "caress"), ("cats", "cat"),
  ("feed", "feed"), ("agreed", "agre"), ("plastered", "plaster"), ("bled", "bled"), ("motoring", "motor"),
  ("sing", "sing"), ("conflated", "conflat"), ("troubled", "troubl"), ("sized", "size"),
  ("hopping", "hop"), ("tanned", "tan"), ("falling", "fall"), ("hissing", "hiss"), ("fizzed", "fizz"),
  ("failing", "fail"), ("filing", "file"), ("happy", "happi"), ("sky", "sky"), ("relational", "relat"),
  ("conditional", "condit"), ("rational", "ration"), ("valency", "valenc"), ("digitizer", "digit"),
  ("conformably", "conform"), ("radically", "radic"), ("differently", "differ"), ("vilely", "vile"),
  ("analogously", "analog"), ("vietnamization", "vietnam"), ("predication", "predic"),
  ("operator", "oper"), ("feudalism", "feudal"), ("decisiveness", "decis"), ("hopefulness", "hope"),
  ("callousness", "callous"), ("formality", "formal"), ("sensitivity", "sensit"),
  ("sensibility", "sensibl"), ("triplicate", "triplic"), ("formative", "form"), ("formalize", "formal"),
  ("electricity", "electr"), ("electrical", "electr"), ("hopeful", "hope"), ("goodness", "good"),
  ("revival", "reviv"), ("allowance", "allow"), ("inference", "infer"), ("airliner", "airlin"),
  ("gyroscopic", "gyroscop"), ("adjustable", "adjust"), ("defensible", "defens"), ("irritant", "irrit"),
  ("replacement", "replac"), ("adjustment", "adjust"), ("dependent", "depend"), ("adoption", "adopt"),
  ("homologou", "homolog"), ("communism", "commun"), ("activate", "activ"), ("angularity", "angular"),
  ("homologous", "homolog"), ("effective", "effect"), ("bowdlerize", "bowdler"), ("probate", "probat"),
  ("rate", "rate"), ("cease", "ceas"), ("controlling", "control"), ("rolling", "roll"),
  ("retrieval", "retriev"), ("retrieving", "retriev"), ("apology", "apolog"), ("yes", "ye"),
]
