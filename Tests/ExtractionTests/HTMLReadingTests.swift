import Graph
import Testing

@testable import Extraction

@Suite("Reading web pages")
struct HTMLReadingTests {
  private func outline(_ html: String) throws -> [String] { try extract("page.html", html).outline }

  @Test("headings, paragraphs, and white space as a browser shows it")
  func basics() throws {
    let page =
      "<title> The\n Elbe </title><h1>The <em>Elbe</em></h1><p>It\n  rises&nbsp;in <b>Bo</b>hemia.<p>And flows."
    #expect(try outline(page) == ["h1 The Elbe", "p It rises in Bohemia.", "p And flows."])
    #expect(try extract("page.html", page).title == "The Elbe")
  }

  @Test("lists keep their marks, numbers and nesting; an item is one block")
  func lists() throws {
    #expect(
      try outline("<ul><li>one<ul><li>inner</ul><li><p>two</p><p>more</p></ul><ol start=3><li>c<li>d</ol>")
        == ["li - one\n  - inner", "li - two\n  more", "li 3. c", "li 4. d"])
    #expect(
      try outline("<dl><dt>term<dd>meaning<dt>other<dd>one</dl>") == [
        "li term\n  meaning", "li other\n  one",
      ])
  }

  @Test("tables are rows; tables that lay out a page are not")
  func tables() throws {
    #expect(
      try outline(
        "<table><caption>Rivers</caption><tr><th>River<th>Length<tr><td>Elbe<td>1,094 <i>km</i></table>")
        == ["p Rivers", "table River | Length\nElbe | 1,094 km"])
    #expect(
      try outline("<table><tr><td>left<td><h2>News</h2><p>Text.</table>after")
        == ["p left", "h2 News", "p Text.", "p after"])
    #expect(
      try outline("<table><tr><td>a<td><table><tr><td>b<td>c</table></table>") == ["p a", "table b | c"])
  }

  @Test("code keeps its lines, quotes are quotes, breaks break")
  func others() throws {
    #expect(
      try outline("<pre>\nif x:\n    y()\n\n</pre><blockquote><p>said</blockquote><p>a<br>b<br><br>c")
        == ["code if x:\n    y()", "quote said", "p a\nb", "p c"])
  }

  @Test("scripts, styles, menus, forms and hidden parts are left out")
  func furniture() throws {
    let page = """
      <body class="nav"><nav>menu</nav><script>var a = "<p>no</p>";</script><style>p{}</style><div role="navigation">no</div>
      <div hidden>no</div><p style="Display: None">no</p><div class="big sidebar">no<p>no</div><footer>no</footer>
      <select><option>no</select><p aria-hidden="true">no</p><svg><title>no</title></svg><h2>Yes<a class="headerlink">¶</a></h2>
      <header><p>kept</header></body>
      """
    #expect(try outline(page) == ["h2 Yes", "p kept"])
  }

  @Test("encodings: the byte order mark, what the page says, and Windows-1252 when nothing does")
  func encodings() throws {
    let latin: [UInt8] =
      Array("<p>M\u{FC}".unicodeScalars.map { UInt8($0.value) }) + Array("nchen".utf8) + [0x80]
    #expect(try extract("a.html", latin).outline == ["p München€"])
    let declared = Array("<meta charset=iso-8859-2><p>".utf8) + [0xB1]
    #expect(try extract("a.html", declared).outline == ["p ą"])
    let sent = Array("<p>".utf8) + [0xB1]
    #expect(try extract("a.html", sent, mediaType: "text/html; charset=ISO-8859-2").outline == ["p ą"])
    #expect(try extract("a.html", "<meta charset=latin1><p>München").outline == ["p München"])
  }

  @Test("entities are letters; those a page defines itself are never expanded")
  func entities() throws {
    #expect(try outline("<p>a &lt; b &amp; &eacute; &#8364;") == ["p a < b & é €"])
    let laughs = (1..<12).map { "<!ENTITY l\($0) \"\(String(repeating: "&l\($0 - 1);", count: 10))\">" }
      .joined()
    let text = try extract(
      "a.html", "<!DOCTYPE html [<!ENTITY l0 \"ha\">\(laughs)]><html><p>&l11; end</p></html>")
    #expect(text.text.utf8.count < 2_000)
  }

  @Test("100,000 open elements are an error, soon")
  func deep() throws {
    let error = try failure("a.html", String(repeating: "<div>", count: 100_000))
    #expect(error.code == .tooDeep)
    let endless = try failure(
      "a.html", String(repeating: "<b>", count: 100_000) + String(repeating: "</i>", count: 100_000))
    #expect(endless.code == .tooDeep)
  }

  @Test("an attribute of ten megabytes does no harm")
  func largeAttribute() throws {
    let text = try? extract(
      "a.html", "<p title=\"\(String(repeating: "x", count: 10_000_000))\">Elbe</p><p>Rhine")
    #expect((text?.text.utf8.count ?? 0) < 100)
  }

  @Test("a page without text says so")
  func empty() throws {
    #expect(try failure("a.html", "<html><script>x()</script></html>").code == .noText)
  }
}
