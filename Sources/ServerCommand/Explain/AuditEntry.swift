import OAuthProtocol

/// One event of an audit trail.
struct AuditEntry: Sendable {
    /// When it occurred: RFC 3339 in UTC, as the trail writes it.
    let time: String
    /// The event's name, such as `token.refreshed`.
    let event: String
    /// The other members.
    let fields: JSONObject

    /// Reads a line; `nil` for one that is torn or not an event.
    init?(_ line: ArraySlice<UInt8>) {
        // A crash may leave half a line, which says nothing.
        guard let object = try? JSONParser.parseObject(Array(line)), let time = object["time"]?.stringValue,
            let event = object["event"]?.stringValue
        else { return nil }
        self.time = time
        self.event = event
        fields = object
    }

    /// A member that is text, or the empty text.
    subscript(name: String) -> String { fields[name]?.stringValue ?? "" }

    /// A member as a table shows it: without the control characters of strangers' texts.
    func shown(_ name: String) -> String { OutputTable.text(fields[name]) }

    /// Whether a member is this text.
    func mentions(_ id: String) -> Bool {
        fields.members.contains { name, value in
            name != "time" && name != "event" && value.stringValue?.utf8.elementsEqual(id.utf8) == true
        }
    }
}
