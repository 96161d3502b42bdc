import Testing
import UpstreamIdentity

@testable import ServerCommand

/// What `gatehouse explain` prints of a trail, class by class.
@Suite("Explaining what happened")
struct ExplainTests {
    private static let session =
        #""client_id":"agent","sub":"u_ada","tsid":"s_1","resource":"https://mcp.example.com/mcp","scope":"mcp:read""#

    /// A line of the trail; the number is its second.
    private static func line(_ second: Int, _ event: String, _ members: String, request: String = "") -> String {
        let head = #"{"time":"2026-01-31T12:00:\#(second < 10 ? "0" : "")\#(second).000Z","event":"\#(event)""#
        let origin = request.isEmpty ? "" : #","request_id":"\#(request)","source":"192.0.2.7""#
        return head + origin + (members.isEmpty ? "" : "," + members) + "}"
    }

    private static func explain(_ id: String, _ lines: [String]) -> [String] {
        AuditTimeline(id, in: lines.compactMap { AuditEntry(Array($0.utf8)[...]) }).lines
    }

    private static let login = [
        line(1, "consent.approved", #""client_id":"agent","resource":"https://mcp.example.com/mcp""#, request: "r1"),
        line(2, "authorization.granted", session, request: "r2"),
        line(3, "token.issued", session + #","grant_type":"authorization_code""#, request: "r3"),
        line(4, "token.refreshed", session + #","generation":2,"repeat":false"#, request: "r4"),
    ]

    @Test("a session's story, word for word")
    func story() {
        let end = Self.line(5, "token.reuse_detected", Self.session + #","generation":1"#, request: "r5")
        let other = Self.line(6, "token.issued", #""client_id":"other","sub":"u_bob","tsid":"s_2""#)
        #expect(
            Self.explain("s_1", Self.login + [end, other]) == [
                "2026-01-31T12:00:02.000Z  the login ended with a code: session s_1, scope mcp:read "
                    + "(from 192.0.2.7, request r2)",
                "2026-01-31T12:00:03.000Z  client agent got tokens by authorization_code (from 192.0.2.7, request r3)",
                "2026-01-31T12:00:04.000Z  client agent refreshed, generation 2 (from 192.0.2.7, request r4)",
                "2026-01-31T12:00:05.000Z  an old refresh token of client agent was used, so the session was revoked "
                    + "(from 192.0.2.7, request r5)",
                "",
                """
                Why: an old refresh token of client agent was used, so the session was revoked.
                Remedy: find two sources among the refreshes above: a copy was stolen, or the client does not store its \
                newest token.
                """,
            ]
        )
    }

    /// One class of failure: the event, and words of its cause and of its remedy.
    struct Failure: Sendable, CustomTestStringConvertible {
        let event: String
        let members: String
        let why: String
        let remedy: String

        init(_ event: String, _ members: String, _ why: String, _ remedy: String) {
            (self.event, self.members, self.why, self.remedy) = (event, members, why, remedy)
        }

        var testDescription: String { "\(event) \(members)" }
    }

    private static let ends: [Failure] = [
        .init("session.revoked", session, "revoked its refresh token", "none"),
        .init("session.ended", session + #","by":"administrator:eve""#, "administrator:eve ended", "ask the operator"),
        .init(
            "session.ended_upstream",
            session + #","upstream":"corp","reason":"invalid_grant""#,
            "corp ended",
            "policy"
        ),
        .init(
            "session.ended_upstream",
            session + #","upstream":"corp","reason":"account_not_allowed""#,
            "the account at corp is not known to meet required_claims",
            "another account"
        ),
        .init("code.reuse_detected", #""tsid":"s_1","client_id":"agent""#, "redeemed twice", "repeats a redemption"),
        .init(
            "connection.disconnected",
            #""sub":"u_ada","upstream":"github","by":"user""#,
            "ended by user",
            "connects"
        ),
        .init("user.signed_out", #""sub":"u_ada","by":"provider""#, "browser logins", "logs in again"),
        .init("client.removed", #""client_id":"agent","by":"administrator""#, "removed client agent", "registers"),
        .init("administration.blocked", #""kind":"user","value":"u_ada","by":"administrator""#, "blocked", "unblock"),
    ]

    private static let refusals: [Failure] = [
        .init(
            "upstream_token.exchanged",
            session + #","upstream":"x","result":"interaction_required","reason":"not_connected""#,
            "not connected x",
            "link"
        ),
        .init(
            "upstream_token.exchanged",
            session + #","upstream":"x","result":"interaction_required","reason":"scope_missing""#,
            "lacks a scope",
            "grants"
        ),
        .init(
            "upstream_token.exchanged",
            session + #","upstream":"x","result":"interaction_required","reason":"reauth_required""#,
            "new login",
            "again"
        ),
        .init(
            "upstream_token.reported_invalid",
            session + #","upstream":"x","result":"refresh_pending""#,
            "reported",
            "refreshes"
        ),
        .init("token.revoked", session, "one access token", "refreshes"),
        .init("token.repeated_elsewhere", session, "another network", "thief"),
        .init("token.ahead_of_state", session, "newer than the restored state", "restore"),
        .init("client.authentication_failed", #""client_id":"agent","failures":4"#, "(4 times", "rotation"),
        .init(
            "connection.refused",
            #""sub":"u_ada","upstream":"x","result":"access_denied""#,
            "not connected",
            "again"
        ),
    ]

    private static let providers: [Failure] = UpstreamFailureReason.allCases.map { reason in
        .init(
            "upstream.refresh_failed",
            #""upstream":"corp","sub":"u_ada","reason":"\#(reason.rawValue)","provider":"400 bad""#,
            "(\(reason.rawValue)), which said: 400 bad",
            "Remedy: "
        )
    }

    @Test(
        "each way in which a session or a connection ends or fails has its cause and its remedy",
        arguments: ends + refusals + providers
    )
    func failure(_ failure: Failure) {
        let lines = Self.explain("s_1", Self.login + [Self.line(9, failure.event, failure.members, request: "r9")])
        let verdict = lines.last ?? ""
        #expect(verdict.hasPrefix("Why: ") && verdict.contains(failure.why))
        #expect(verdict.contains("Remedy: ") && verdict.contains(failure.remedy))
    }

    @Test("more than thirty classes are covered, and the first end is the reason, not what follows from it")
    func first() {
        #expect(Self.ends.count + Self.refusals.count + Self.providers.count > 30)
        let ended = Self.line(5, "session.ended_upstream", Self.session + #","upstream":"corp","reason":"x""#)
        let later = Self.line(6, "client.authentication_failed", #""client_id":"agent","failures":1"#)
        #expect(Self.explain("s_1", Self.login + [ended, later]).last?.contains("corp ended") == true)
    }

    @Test("a reference of an error page, a token and a user lead to their events")
    func ids() {
        let revoked = Self.line(7, "token.revoked", Self.session + #","jti":"j_1""#, request: "r7")
        let failed = Self.line(
            8,
            "upstream.login_failed",
            #""upstream":"corp","error":"x","reason":"client_refused""#,
            request: "r8"
        )
        let trail = Self.login + [revoked, failed]
        #expect(Self.explain("r8", trail).last?.contains("token_endpoint_auth_method") == true)
        #expect(Self.explain("j_1", trail).count == 6)
        #expect(Self.explain("u_ada", trail).count == 6)
        #expect(Self.explain("u_eve", trail) == ["the audit trail has no event of u_eve"])
    }

    @Test("torn lines are passed over, and control characters of strangers do not reach the terminal")
    func hostile() {
        let odd = Self.line(5, "client.document_refused", #""client_id":"agent","reason":"\u001b[31mred""#)
        let lines = Self.explain("agent", Self.login + [odd, #"{"time":"2026-01-"#])
        #expect(lines.joined().contains("[31mred") && !lines.joined().contains("\u{1b}"))
    }

    @Test("without an end the lifetimes are named")
    func noEnd() {
        #expect(Self.explain("s_1", Self.login).last?.contains("tokens.refresh_token_lifetime") == true)
    }
}
