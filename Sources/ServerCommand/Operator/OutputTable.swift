import OAuthProtocol

/// Prints rows of JSON for people: one line each, in columns.
enum OutputTable {
    /// The lines of a table; a missing value is a dash.
    static func lines(_ rows: [JSONObject], columns: [String]) -> [String] {
        let head = columns.map { $0.uppercased().split(separator: "_").joined(separator: " ") }
        let cells = rows.map { row in columns.map { text(row[$0]) } }
        let widths = columns.indices.map { column in ([head] + cells).map { $0[column].count }.max() ?? 0 }
        return ([head] + cells).map { line in
            line.enumerated().map { index, cell in
                index == columns.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            .joined(separator: "  ")
        }
    }

    /// A value as a cell; control characters of self-asserted names must not reach a terminal.
    static func text(_ value: JSONValue?) -> String {
        let text =
            switch value {
            case nil, .null?: "-"
            case .string(let text)?: text
            case .bool(let flag)?: flag ? "yes" : "no"
            case .number?: value?.integerValue.map(String.init) ?? "-"
            case .array(let values)?: values.map { Self.text($0) }.joined(separator: ",")
            case .object(let object)?: object.members.map { "\($0.0)=\(Self.text($0.1))" }.joined(separator: ",")
            }
        let printable = text.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
            default: true
            }
        }
        return String(String.UnicodeScalarView(printable))
    }

    /// Prints an answer: as it is, or its rows as a table.
    static func write(_ answer: JSONObject, rows name: String, columns: [String], asJSON: Bool) {
        guard !asJSON else { return Console.write(String(decoding: answer.serialized(), as: UTF8.self)) }
        guard case .array(let values)? = answer[name] else { return }
        let rows = values.compactMap { value -> JSONObject? in
            if case .object(let row) = value { row } else { nil }
        }
        for line in lines(rows, columns: columns) { Console.write(line) }
        if case .string(let next)? = answer["next"] { Console.write("more: --after \(text(.string(next)))") }
    }

    /// Prints one row: as it is, or a line for each member.
    static func write(_ answer: JSONObject, asJSON: Bool) {
        guard !asJSON else { return Console.write(String(decoding: answer.serialized(), as: UTF8.self)) }
        for (name, value) in answer.members { Console.write("\(name): \(text(value))") }
    }
}
