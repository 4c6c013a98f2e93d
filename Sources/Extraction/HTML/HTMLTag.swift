/// What an element means for the text of a page.
enum HTMLTag: Equatable {
  case heading(Int)
  case pre, quote, item, term, definition, unorderedList, orderedList, definitionList
  case table, row, cell, caption, lineBreak, title
  /// Begins and ends a paragraph.
  case block
  /// Not a part of what people read.
  case skipped
  /// Part of a line.
  case inline

  init(_ name: String) {
    self = Self.tags[name] ?? .inline
  }

  private static let tags: [String: HTMLTag] = {
    var tags: [String: HTMLTag] = [
      "h1": .heading(1), "h2": .heading(2), "h3": .heading(3), "h4": .heading(4), "h5": .heading(5),
      "h6": .heading(6), "pre": .pre, "listing": .pre, "xmp": .pre, "blockquote": .quote, "li": .item,
      "dt": .term, "dd": .definition, "ul": .unorderedList, "menu": .unorderedList, "dir": .unorderedList,
      "ol": .orderedList, "dl": .definitionList, "table": .table, "tr": .row, "td": .cell, "th": .cell,
      "caption": .caption, "br": .lineBreak, "title": .title,
    ]
    let blocks = """
      address article aside body center details dialog div fieldset figcaption figure form header hgroup hr html \
      legend main p section summary tbody tfoot thead
      """
    for name in blocks.split(separator: " ") { tags[String(name)] = .block }
    let skipped = """
      applet audio button canvas datalist embed footer frame frameset iframe input map math nav noframes object \
      option script select style svg template textarea video
      """
    for name in skipped.split(separator: " ") { tags[String(name)] = .skipped }
    return tags
  }()

  /// Whether an element is hidden, or is there to get about in a site instead of being read.
  static func isFurniture(_ attributes: MarkupAttributes) -> Bool {
    guard !attributes.isEmpty else { return false }
    if attributes["hidden"] != nil || attributes["aria-hidden"] == "true" { return true }
    if let role = attributes["role"], furnitureRoles.contains(role) { return true }
    if let style = attributes["style"]?.lowercased() {
      let style = style.filter { $0 != " " }
      if style.contains("display:none") || style.contains("visibility:hidden") { return true }
    }
    if let names = attributes["class"]?.lowercased(),
      names.split(separator: " ").contains(where: { furnitureClasses.contains(String($0)) })
    {
      return true
    }
    return attributes["id"].map { furnitureClasses.contains($0.lowercased()) } ?? false
  }

  private static let furnitureRoles: Set<String> = [
    "navigation", "menu", "menubar", "search", "contentinfo", "toolbar", "tablist",
  ]
  /// Names that widespread site and documentation generators give to such parts.
  private static let furnitureClasses: Set<String> = [
    "nav", "navbar", "navigation", "navheader", "navfooter", "menu", "sidebar", "sphinxsidebar", "breadcrumb",
    "breadcrumbs", "headerlink", "footer", "linenos", "skip-link", "cookie-banner", "noprint",
    "mw-editsection",
  ]
}
