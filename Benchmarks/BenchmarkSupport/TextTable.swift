/// Columns of text: the first aligned left, the others right.
package struct TextTable {
    private var rows: [[String]] = []

    /// A table with these headings.
    package init(_ headings: [String]) {
        rows = [headings]
    }

    /// Adds a row.
    package mutating func add(_ cells: [String]) {
        rows.append(cells)
    }

    /// The rows as lines.
    package var text: String {
        let columnCount = rows.map(\.count).max() ?? 0
        let widths = (0..<columnCount).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            let line = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }
            return line.joined(separator: "  ") + "\n"
        }.joined()
    }
}
