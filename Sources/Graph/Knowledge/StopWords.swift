/// English words that say nothing about a text's subject.
///
/// Function words (articles, pronouns, prepositions, conjunctions, auxiliaries, question words), the pieces that
/// contractions leave behind, and the verbs with which people open a question ("tell me about…").
enum StopWords {
  static let english: Set<String> = Set(
    """
    a about above after again against all also am an and any are as at be because been before being below between both \
    but by can could did do does doing down during each few for from further had has have having he her here hers herself \
    him himself his how i if in into is it its itself just may me might more most must my myself no nor not of off on once \
    only or other ought our ours ourselves out over own same shall she should so some such than that the their theirs \
    them themselves then there these they this those through to too under until up upon us very was we were what when \
    where which while who whom whose why will with within without would you your yours yourself yourselves \
    aren couldn didn doesn don hadn hasn isn mightn mustn needn shouldn wasn weren wouldn \
    tell explain describe please know happen happens
    """
    .split(separator: " ").map(String.init))

  /// Their stems: what is left of them, and of words that look like them, in an index.
  static let stems = Set(english.map(PorterStemmer.stem))
}
