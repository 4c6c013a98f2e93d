import Foundation
import Synchronization

/// Prepares text the way BERT's tokenizers do: drops control characters, sets Chinese characters apart, and for
/// "uncased" models takes accents off and makes letters small.
///
/// It works on single scalars, which gives what Hugging Face's `tokenizers` (`BertNormalizer`, `BertPreTokenizer`) give
/// for whole texts. That library takes categories from Unicode 8.0 and knows no later scalar's, and so does this one;
/// its few other deviations from Unicode are in ``peculiar``. Checked against it for every scalar.
struct BertNormalizer: Sendable {
  struct Options: Sendable, Hashable {
    var cleansText = true
    var separatesChinese = true
    var lowercases = true
    var stripsAccents = true
  }

  /// What a scalar of the prepared text does to the words around it.
  enum Role: UInt32 {
    case letter = 0
    /// Ends a word.
    case space
    /// Is a word of its own.
    case punctuation
  }

  /// A scalar of the prepared text.
  struct Unit: Hashable {
    private let bits: UInt32

    init(_ scalar: Unicode.Scalar, _ role: Role) { bits = scalar.value | role.rawValue << 24 }

    var value: UInt32 { bits & 0xFF_FFFF }
    var role: Role { Role(rawValue: bits >> 24) ?? .letter }
  }

  private static let blank = Unit(" ", .space)
  /// The scalars before the Chinese ones: nearly every alphabet. They are looked up, the others are worked out.
  private static let tabulated: UInt32 = 0x3100
  /// Latin alphabets and accents, whose table is made at once.
  private static let latin: UInt32 = 0x300

  let options: Options
  private let latin: Table
  /// The tables of the other alphabets, 256 scalars each.
  private let pages: [LazyTable]

  init(_ options: Options) {
    self.options = options
    latin = Table(0..<Self.latin, options)
    pages = stride(from: Self.latin, to: Self.tabulated, by: 256).map { LazyTable($0..<($0 + 256)) }
  }

  /// Calls `body` with each scalar that takes this one's place, in order.
  @inline(__always)
  func forEachUnit(of scalar: Unicode.Scalar, _ body: (Unit) -> Void) {
    if scalar.value < Self.latin {
      latin.forEachUnit(of: scalar, body)
    } else if scalar.value < Self.tabulated {
      pages[Int((scalar.value - Self.latin) / 256)].table(options).forEachUnit(of: scalar, body)
    } else if (0x4E00...0x9FFF).contains(scalar.value), options.separatesChinese {
      body(Self.blank)
      body(Unit(scalar, .letter))
      body(Self.blank)
    } else {
      for unit in Self.units(of: scalar, options) { body(unit) }
    }
  }

  fileprivate static func units(of scalar: Unicode.Scalar, _ options: Options) -> [Unit] {
    if options.cleansText {
      if isDropped(scalar) { return [] }
      if isSpace(scalar) { return [blank] }
    }
    let small = prepared(scalar, options).map { Unit($0, role(of: $0)) }
    return options.separatesChinese && isChinese(scalar) ? [blank] + small + [blank] : small
  }

  private static func prepared(_ scalar: Unicode.Scalar, _ options: Options) -> [Unicode.Scalar] {
    var scalars = [scalar]
    if options.stripsAccents, !isNew(scalar) {
      scalars = Array(String(Character(scalar)).decomposedStringWithCanonicalMapping.unicodeScalars)
      scalars.removeAll(where: isAccent)
    }
    return options.lowercases ? scalars.flatMap(\.properties.lowercaseMapping.unicodeScalars) : scalars
  }

  // MARK: Categories

  private static func role(of scalar: Unicode.Scalar) -> Role {
    if isSpace(scalar) { return .space }
    return isPunctuation(scalar) ? .punctuation : .letter
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

  private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\u{0}", "\u{FFFD}": return true
    case "\t", "\n", "\r": return false
    default: break
    }
    guard !isNew(scalar) else { return false }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse: return true
    default: return false
    }
  }

  private static func isAccent(_ scalar: Unicode.Scalar) -> Bool {
    if let peculiar = peculiar[scalar] { return peculiar == .accent }
    return !isNew(scalar) && scalar.properties.generalCategory == .nonspacingMark
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    if let peculiar = peculiar[scalar] { return peculiar == .punctuation }
    // All of ASCII's signs are punctuation here, among them those that Unicode calls symbols.
    if scalar.isASCII {
      return (0x21...0x7E).contains(scalar.value) && !scalar.properties.isAlphabetic
        && scalar.properties.numericType == nil
    }
    guard !isNew(scalar) else { return false }
    switch scalar.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  /// Whether the scalar is younger than the tables that models' tokenizers were made with.
  private static func isNew(_ scalar: Unicode.Scalar) -> Bool { (scalar.properties.age?.major ?? 0) > 8 }

  private enum Peculiarity { case accent, punctuation, none }

  /// Scalars whose category was another one in Unicode 8.0.
  private static let peculiar: [Unicode.Scalar: Peculiarity] = [
    "\u{166D}": .punctuation, "\u{111C9}": .punctuation, "\u{1734}": .accent, "\u{1171E}": .accent,
    "\u{1885}": .none, "\u{1886}": .none, "\u{A9BD}": .none,
  ]

  /// The blocks of BERT's own list; the last but two begins where that list has it, not where Unicode has it.
  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
      0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}

/// What takes the place of each scalar of a range.
private final class Table: Sendable {
  private let first: UInt32
  /// The units of the scalar `first + i` are `units[begins[i]..<begins[i + 1]]`.
  private let begins: [UInt32]
  private let units: [BertNormalizer.Unit]

  init(_ range: Range<UInt32>, _ options: BertNormalizer.Options) {
    first = range.lowerBound
    var begins: [UInt32] = [0]
    var units: [BertNormalizer.Unit] = []
    for value in range {
      if let scalar = Unicode.Scalar(value) { units += BertNormalizer.units(of: scalar, options) }
      begins.append(UInt32(units.count))
    }
    (self.begins, self.units) = (begins, units)
  }

  @inline(__always)
  func forEachUnit(of scalar: Unicode.Scalar, _ body: (BertNormalizer.Unit) -> Void) {
    let index = Int(scalar.value - first)
    for position in Int(begins[index])..<Int(begins[index + 1]) { body(units[position]) }
  }
}

/// A table that is made when the first of its scalars is met: texts have few alphabets, and making the tables of all of
/// them was a tenth of a start.
private final class LazyTable: Sendable {
  private let range: Range<UInt32>
  private let made = AtomicLazyReference<Table>()

  init(_ range: Range<UInt32>) { self.range = range }

  /// - Parameter options: always the same.
  func table(_ options: BertNormalizer.Options) -> Table {
    made.load() ?? made.storeIfNil(Table(range, options))
  }
}
