import OAuthProtocol

/// What an event of the audit trail says, as a sentence.
enum EventWords {
    /// The sentence of an event; an event without one of its own is named with its members.
    static func sentence(_ entry: AuditEntry) -> String {
        let text = words(entry) ?? other(entry)
        let place = [("source", "from"), ("request_id", "request")].compactMap { name, word in
            entry[name].isEmpty ? nil : "\(word) \(entry.shown(name))"
        }
        return place.isEmpty ? text : "\(text) (\(place.joined(separator: ", ")))"
    }

    private static func words(_ entry: AuditEntry) -> String? {
        let (client, upstream) = (entry.shown("client_id"), entry.shown("upstream"))
        switch entry.event {
        case "client.registered": return "client \(client) registered itself"
        case "consent.approved": return "the user approved client \(client) at \(entry.shown("resource"))"
        case "consent.denied": return "the user refused client \(client)"
        case "authorization.granted":
            return "the login ended with a code: session \(entry.shown("tsid")), scope \(entry.shown("scope"))"
        case "authorization.refused":
            return "the authorization request of \(client) was refused: \(entry.shown("error"))"
        case "token.issued": return "client \(client) got tokens by \(entry.shown("grant_type"))"
        case "token.refreshed":
            let isRepeat = entry.fields["repeat"]?.boolValue == true
            return "client \(client) refreshed, generation \(entry.shown("generation"))\(isRepeat ? ", again" : "")"
        case "token.delegated": return "client \(client) got a token to act for \(entry.shown("sub"))"
        case "upstream_token.exchanged":
            let account = entry["account"].isEmpty ? "" : " of account \(entry.shown("account"))"
            return "\(client) asked for the \(upstream) token\(account): \(entry.shown("result"))"
        case "connection.connected": return "the user connected \(upstream), account \(entry.shown("account"))"
        case "administration.unblocked":
            return "an operator removed the block of \(entry.shown("kind")) \(entry.shown("value"))"
        case "device.requested": return "a device of client \(client) asked for a code"
        default: return Verdict.Cause(entry).map(\.what)
        }
    }

    private static func other(_ entry: AuditEntry) -> String {
        let known: Set<String> = ["time", "event", "request_id", "source", "chain"]
        let members = entry.fields.members.filter { !known.contains($0.0) }
        return ([entry.event] + members.map { "\($0.0)=\(OutputTable.text($0.1))" }).joined(separator: " ")
    }
}
