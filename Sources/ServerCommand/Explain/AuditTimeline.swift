import OAuthProtocol

/// The events that belong to an id: those that name it, and what follows from them.
struct AuditTimeline: Sendable {
    /// What somebody asks about: a session, a token, a client, a user, a request, a connection or an account.
    let id: String
    /// The events, in the order of the trail.
    let entries: [AuditEntry]

    /// The most events of an explanation; the last ones are kept.
    static let countMax = 10_000

    /// The events that end or change what a user or client has everywhere, whichever session somebody asks about.
    private static let partyEvents: Set<String> = [
        "administration.blocked", "administration.unblocked", "client.removed", "connection.disconnected",
        "connection.refused", "upstream.refresh_failed", "user.signed_out", "client.authentication_failed",
    ]

    /// The events that say something of everybody.
    private static let commonEvents: Set<String> = ["audit.dropped", "signing_key.withdrawn"]

    /// What the events that name an id lead to: a request or a token to its session, a session to its user and client.
    struct Links {
        private(set) var sessions: Set<String> = []
        private(set) var requests: Set<String> = []
        private(set) var parties: Set<String> = []

        /// The links of the events that name an id; a user or a client leads no further.
        init(_ id: String, _ direct: [AuditEntry]) {
            guard !direct.contains(where: { $0["sub"] == id || $0["client_id"] == id || $0["value"] == id }) else {
                return
            }
            for entry in direct {
                sessions.insert(entry["tsid"])
                requests.insert(entry["request_id"])
                parties.formUnion([entry["sub"], entry["client_id"]])
            }
            // What an event does not name is the empty text.
            sessions.remove("")
            requests.remove("")
            parties.remove("")
        }

        /// What a line must contain one of, to be of interest.
        var texts: Set<String> { sessions.union(requests).union(parties).union(AuditTimeline.commonEvents) }
    }

    /// Finds the events of an id among those of a trail.
    init(_ id: String, in trail: [AuditEntry]) {
        self.id = id
        let direct = trail.filter { $0.mentions(id) }
        let links = Links(id, direct)
        let found = trail.filter { entry in
            entry.mentions(id) || links.sessions.contains(entry["tsid"])
                || links.requests.contains(entry["request_id"]) || Self.commonEvents.contains(entry.event)
                || Self.partyEvents.contains(entry.event)
                    && !links.parties.isDisjoint(with: [entry["sub"], entry["client_id"], entry["value"]])
        }
        // Without an event of its own, events that concern everybody explain nothing.
        entries = direct.isEmpty ? [] : Array(found.suffix(Self.countMax))
    }

    /// The explanation, line by line: when what occurred, and last why the user had to log in again.
    var lines: [String] {
        guard !entries.isEmpty else {
            return ["the audit trail has no event of \(OutputTable.text(.string(id)))"]
        }
        return entries.map { "\($0.time)  \(EventWords.sentence($0))" } + ["", Verdict(entries).text]
    }
}
