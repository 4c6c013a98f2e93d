import Graph
import Testing

@testable import Extraction

@Suite("Reading Word files")
struct DOCXReadingTests {
  @Test("a file of pandoc's: title, headings, notes, lists, table, quote, code")
  func pandoc() throws {
    let text = try extract("guide.docx", Fixtures.bytes("guide.docx"))
    #expect(text.title == "Rivers of Europe")
    #expect(
      text.outline == [
        "h1 Rivers of Europe", "h1 The Elbe",
        "p The Elbe rises in the Giant Mountains and flows through Dresden and Hamburg. It is 1,094 km long.",
        "p Note: Its spring lies 1,386 m above the sea.", "h2 Tributaries",
        "li - Vltava, the longest one\n  - joins at Mělník", "li - Saale", "li - Havel", "li - Mulde",
        "quote All rivers run into the sea.", "table River | Length\nElbe | 1,094 km\nRhine | 1,233 km",
        "h2 Gauges", "code def level(station):\n    return read(station)",
        "p See the gauge for today’s level.",
      ])
    text.check()
  }

  @Test("headings by the style's name in a file of any language, by its base, and by outline level")
  func headings() throws {
    let styles = """
      <w:styles xmlns:w="w"><w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>
      <w:style w:type="paragraph" w:styleId="Eigene"><w:name w:val="Eigene"/><w:basedOn w:val="berschrift2"/></w:style>
      <w:style w:type="paragraph" w:styleId="Kreis"><w:name w:val="K"/><w:basedOn w:val="Kreis"/></w:style></w:styles>
      """
    func paragraph(_ properties: String, _ text: String) -> String {
      "<w:p><w:pPr>\(properties)</w:pPr><w:r><w:t>\(text)</w:t></w:r></w:p>"
    }
    let body =
      paragraph("<w:pStyle w:val=\"berschrift2\"/>", "A") + paragraph("<w:pStyle w:val=\"Eigene\"/>", "B")
      + paragraph("<w:outlineLvl w:val=\"2\"/>", "C") + paragraph("<w:pStyle w:val=\"Kreis\"/>", "D")
    let text = try extract("a.docx", wordFile(body, files: [("word/styles.xml", styles)]))
    #expect(text.outline == ["h2 A", "h2 B", "h3 C", "p D"])
  }

  @Test("breaks and tabs, links, deleted text, text boxes only once, nested tables")
  func details() throws {
    let body = """
      <w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r><w:del><w:r><w:delText>x</w:delText></w:r></w:del>
      <w:hyperlink><w:r><w:t> link</w:t></w:r></w:hyperlink></w:p>
      <w:p><mc:AlternateContent xmlns:mc="m"><mc:Choice><w:r><w:t>once</w:t></w:r></mc:Choice>
      <mc:Fallback><w:r><w:t>once</w:t></w:r></mc:Fallback></mc:AlternateContent></w:p>
      <w:tbl><w:tr><w:tc><w:p><w:r><w:t>r</w:t></w:r></w:p><w:p><w:r><w:t>s</w:t></w:r></w:p></w:tc>
      <w:tc><w:tbl><w:tr><w:tc><w:p><w:r><w:t>in</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>
      """
    #expect(try extract("a.docx", wordFile(body)).outline == ["p a\nb\tc link", "p once", "table r s | in"])
  }

  @Test("a file without a document, and one that is cut off")
  func damaged() throws {
    #expect(try failure("a.docx", TestZip([("word/styles.xml", "<a/>")]).bytes).code == .damaged)
    let whole = try Fixtures.bytes("guide.docx")
    #expect(try failure("a.docx", whole.prefix(whole.count / 2)).code == .damaged)
    #expect(try failure("a.docx", wordFile("<w:p>")).code == .damaged)
  }

  @Test("entities that a file defines are refused")
  func entities() throws {
    let laughs = "<!DOCTYPE w [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]><w><p><r><t>&b;</t></r></p></w>"
    let error = try failure("a.docx", TestZip([("word/document.xml", laughs)]).bytes)
    #expect(error.code == .damaged)
    #expect(error.message.contains("entities"))
  }

  @Test("a bomb: 30 MB of blanks in 30 kB")
  func bomb() throws {
    #expect(try failure("a.docx", Fixtures.bytes("bomb.docx")).code == .tooLarge)
  }

  @Test("deeply nested elements")
  func deep() throws {
    let body = String(repeating: "<w:tbl>", count: 50_000)
    #expect(try failure("a.docx", wordFile(body)).code == .tooDeep)
  }

  @Test("a protected file is told from an old one")
  func containers() throws {
    let mark: [UInt8] =
      [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] + [UInt8](repeating: 0, count: 2_000)
    let name = "EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    #expect(try failure("a.docx", mark + name).code == .encrypted)
    #expect(try failure("a.doc", mark).code == .unsupportedFormat)
  }
}

@Suite("Reading books")
struct EPUBReadingTests {
  @Test("a book of pandoc's")
  func pandoc() throws {
    let text = try extract("guide.epub", Fixtures.bytes("guide.epub"))
    #expect(text.title == "Rivers of Europe")
    #expect(text.outline.contains("h1 The Elbe") && text.outline.contains("li 2. Mulde"))
    #expect(text.outline.contains("table River | Length\nElbe | 1,094 km\nRhine | 1,233 km"))
    text.check()
  }

  @Test("chapters in reading order, with the names of the table of contents where they have none")
  func order() throws {
    let contents = """
      <html xmlns:epub="e"><body><nav epub:type="toc"><ol><li><a href="two.xhtml">The Second</a></li>
      <li><a href="one.xhtml#top">The First</a></li></ol></nav></body></html>
      """
    let bytes = book(
      [("one", "<p>First text.</p>"), ("two", "<h1>Own</h1><p>Second text.</p>"), ("toc", contents)],
      spine: ["two", "one"], extra: "<item id=\"n\" href=\"toc.xhtml\" media-type=\"x\" properties=\"nav\"/>")
    let text = try extract("a.epub", bytes)
    #expect(text.outline == ["h1 Own", "p Second text.", "h1 The First", "p First text."])
    #expect(text.title == "The Book")
  }

  @Test("a reading order in circles ends")
  func circles() throws {
    let bytes = book([("one", "<p>Once.</p>")], spine: [String](repeating: "one", count: 1_000))
    #expect(try extract("a.epub", bytes).outline == ["p Once."])
  }

  @Test("progress counts chapters")
  func progress() throws {
    let folder = try TestFolder()
    let url = try folder.file("a.epub", book([("one", "<p>A"), ("two", "<p>B")]))
    var seen: [ExtractionProgress] = []
    _ = try TextExtractor().extract(ExtractionSource(url: url)) { if seen.last != $0 { seen.append($0) } }
    #expect(seen.map(\.read) == [0, 1, 2])
    #expect(seen.allSatisfy { $0.total == 2 && $0.unit == .parts })
  }

  @Test("protected books, and books without parts")
  func broken() throws {
    let lock = "<encryption><e:CipherReference xmlns:e=\"e\" URI=\"OPS/one.xhtml\"/></encryption>"
    var zip = TestZip([("META-INF/encryption.xml", lock)])
    zip.entries +=
      TestZip([
        ("META-INF/container.xml", "<c><rootfile full-path=\"OPS/b.opf\"/></c>"),
        (
          "OPS/b.opf",
          "<p><item id=\"o\" href=\"one.xhtml\" media-type=\"application/xhtml+xml\"/><spine><itemref idref=\"o\"/></spine></p>"
        ), ("OPS/one.xhtml", "x"),
      ]).entries
    #expect(try failure("a.epub", zip.bytes).code == .encrypted)
    #expect(try failure("a.epub", book([])).code == .damaged)
    let nowhere = TestZip([("META-INF/container.xml", "<c><rootfile full-path=\"../../x.opf\"/></c>")])
    #expect(try failure("a.epub", nowhere.bytes).code == .damaged)
    let laughs = TestZip([("META-INF/container.xml", "<!DOCTYPE c [<!ENTITY a \"x\">]><c>&a;</c>")])
    #expect(try failure("a.epub", laughs.bytes).code == .damaged)
  }

  @Test(
    "references stay inside the book",
    arguments: [
      ("a/b.html#x", "OPS/a/b.html"), ("../c.html", "c.html"), ("a%20b", "OPS/a b"), ("../../x", nil),
      ("#x", nil),
    ])
  func references(reference: String, path: String?) {
    #expect(EPUBReader.resolve(reference, in: "OPS/") == path)
  }
}
