/// Why a user had to log in or connect again, or a request was refused, and what to do.
struct Verdict {
    /// One event that ends, refuses or warns.
    struct Cause: Equatable {
        /// What happened.
        let what: String
        /// What to do about it.
        let remedy: String
        /// Whether nothing that follows undoes it, such as the end of a session.
        let isFinal: Bool

        init(_ what: String, _ remedy: String, isFinal: Bool = false) {
            self.what = what
            self.remedy = remedy
            self.isFinal = isFinal
        }
    }

    private let entries: [AuditEntry]

    init(_ entries: [AuditEntry]) {
        self.entries = entries
    }

    /// The first end, because it is the reason of what follows; without one, the first cause of the last request that
    /// was refused: a login that fails at a provider is then refused to the client, too.
    var cause: Cause? {
        let causes = entries.compactMap { entry in Cause(entry).map { (request: entry["request_id"], cause: $0) } }
        if let end = causes.first(where: \.cause.isFinal) { return end.cause }
        guard let last = causes.last, !last.request.isEmpty else { return causes.last?.cause }
        return causes.first { $0.request == last.request }?.cause
    }

    /// The verdict as it is printed.
    var text: String {
        guard let cause else {
            return """
                Why: no event ended anything. A session ends by itself tokens.session_lifetime after its login, and \
                tokens.refresh_token_lifetime after its last refresh.
                Remedy: compare both with the times above.
                """
        }
        return "Why: \(cause.what).\nRemedy: \(cause.remedy)."
    }
}
