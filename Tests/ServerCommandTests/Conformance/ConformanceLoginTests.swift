import OAuthProtocol
import OutboundHTTP
import Testing

@testable import OAuthClientKit
@testable import ServerCommand

@Suite("How gatehouse conformance logs in at servers of others")
struct ConformanceLoginTests {
    private static func report(
        _ scene: ControlScene,
        through transport: any OutboundTransport,
        rules: Set<String>,
        _ change: (inout ConformanceSubject.Options) -> Void = { _ in }
    ) async throws -> ConformanceReport {
        var options = ConformanceSubject.Options(issuer: scene.client.issuer)
        options.loginHint = "ada"
        change(&options)
        return try await ConformanceSuite(rules: rules).run(options, transport: transport, policy: .loopbackOnly)
    }

    private static func page(_ text: String) -> TestBrowser.Page {
        TestBrowser.Page(url: "http://127.0.0.1/login?a=b", status: 200, headerFields: [], text: text)
    }

    @Test("At a server that refuses a right request too, no refusal is counted as a pass")
    func refusesEverything() async throws {
        try await ControlScene.run { (scene) async throws in
            let rules: Set = ["AZ-7", "AZ-8", "AZ-9", "AZ-10", "D-1", "D-2", "D-4", "D-11", "D-45"]
            for status in [400, 302] {
                let distort = DistortedServer.answers(to: "/oauth/authorize?") { response, request in
                    response = OutboundResponse(status: status)
                    let uri = request.form?.values("redirect_uri").last ?? ""
                    if status == 302 {
                        response.set("location", uri + "?error=invalid_request&state=conformance-state")
                    }
                }
                let transport = DistortedServer(base: scene.transport, distort: distort)
                let report = try await Self.report(scene, through: transport, rules: rules)
                let rows = report.rows.filter { $0.group != "metadata" }
                #expect(rows.count >= rules.count)
                #expect(rows.allSatisfy { $0.verdict == .notChecked }, "\(status): \(report.lines)")
                #expect(rows.allSatisfy { $0.reason?.contains("a right authorization request") == true })
            }
        }
    }

    @Test("A server that needs a further parameter gets it in every authorization request")
    func parameters() async throws {
        try await ControlScene.run { (scene) async throws in
            let distort = DistortedServer.answers(to: "/oauth/authorize?") { response, request in
                if request.form?.values("tenant") != ["a b"] { response = OutboundResponse(status: 400) }
            }
            let transport = DistortedServer(base: scene.transport, distort: distort)
            let without = try await Self.report(scene, through: transport, rules: ["AZ-7", "TK-6"])
            let with = try await Self.report(scene, through: transport, rules: ["AZ-7", "TK-6"]) {
                $0.parameters = [("tenant", "a b")]
            }
            #expect(without.rows.map(\.verdict) == [.notChecked, .notChecked])
            #expect(with.rows.map(\.verdict) == [.passed, .passed])
        }
    }

    @Test("With a client of its own, the further clients are registered where the server registers clients")
    func existingClient() async throws {
        try await ControlScene.run { (scene) async throws in
            let metadata = ConformanceSubject.registration([ConformanceSubject.loopbackRedirect])
            let id = try #require(try await scene.client.register(metadata)["client_id"])
            let report = try await Self.report(scene, through: scene.transport, rules: ["TK-6", "D-18", "AZ-5"]) {
                $0.client = ConformanceClient(id: id, redirectURI: ConformanceSubject.loopbackRedirect)
            }
            #expect(report.rows.count == 3 && report.count(.passed) == 3, "\(report.lines)")
        }
    }

    @Test("A refusal with another error than the RFC's is charged to the rule about errors, not to the refusal")
    func otherErrors() async throws {
        try await ControlScene.run { (scene) async throws in
            let distort = DistortedServer.answers(to: "/oauth/token") { response, _ in
                if response.status == 400 { response = .json(401, ["error": "invalid_grant"]) }
            }
            let transport = DistortedServer(base: scene.transport, distort: distort)
            let refusals: Set = ["D-13", "D-18", "D-19", "D-29", "TK-6", "TK-7"]
            let report = try await Self.report(scene, through: transport, rules: refusals)
            #expect(report.rows.count == refusals.count)
            #expect(Set(report.rows.filter { $0.verdict == .failed }.map(\.check.rule)) == ["TK-7"], "\(report.lines)")
        }
    }

    @Test("Of a page with several forms, the one with the user's button is sent, to its own target")
    func forms() throws {
        let page = Self.page(
            """
            <form method="post" action="/deny"><button name="action" value="deny">No</button></form>
            <form method="post"><input type="text" name="sub"><button type="submit">Authorize</button></form>
            <form method="post" action="/pick"><input type="hidden" name="t" value="1&amp;2">
            <button name="sub" value="grace">Grace</button><button name="sub" value="ada">Ada</button></form>
            """
        )
        let ada = try #require(page.submission(for: "ada"))
        #expect(ada.action == "/pick")
        #expect(ada.fields.map { "\($0)=\($1)" } == ["t=1&2", "sub=ada"])
        let without = page.text.split(separator: "<form method=\"post\" action=\"/pick\">")[0]
        let lin = try #require(Self.page(String(without)).submission(for: "lin"))
        #expect(lin.action.isEmpty)
        #expect(lin.fields.map { "\($0)=\($1)" } == ["sub=lin"])
    }

    @Test("Nothing is sent from a page whose forms all decline, or that has no form")
    func noSubmission() {
        let declining =
            "<form action=\"/c\"><input type=\"hidden\" name=\"t\" value=\"1\"><button value=\"Deny\" name=\"d\">"
        for text in [declining, "<p>Sign in with a script</p>", "<form action=\"/c\"></form>", ""] {
            #expect(Self.page(text).submission(for: "ada") == nil)
        }
    }

    @Test(
        "A form's target is resolved against its page; without one, it is the page with its query",
        arguments: [
            ("", "http://127.0.0.1:1/a/b?x=1"), ("?y=2", "http://127.0.0.1:1/a/b?y=2"),
            ("c", "http://127.0.0.1:1/a/c"), ("/d", "http://127.0.0.1:1/d"), ("//h/e", "http://h/e"),
            ("https://h/f", "https://h/f"),
        ]
    )
    func targets(reference: String, target: String) {
        #expect(ConformanceSubject.resolved(reference, from: "http://127.0.0.1:1/a/b?x=1#f") == target)
    }
}
