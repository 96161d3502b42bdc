import OAuthClientKit
import OAuthProtocol

extension ConformanceCheck {
    static let tokenRequests: [ConformanceCheck] = [
        ConformanceCheck("AZ-18", "OAuth 2.1 §3.1", "The authorization endpoint has no CORS headers") { subject in
            let form = FormParameters.serialize(subject.request(try subject.mainClient()).parameters)
            let url = try subject.endpoint("authorization_endpoint") + "?" + form
            let answer = try await subject.send("GET", url, [(name: "origin", value: "https://evil.example")])
            try expect(answer.values("access-control-allow-origin").isEmpty, "Access-Control-Allow-Origin is there")
        },
        ConformanceCheck(
            "AZ-17",
            "RFC 9700 §4.2.4",
            "The authorization endpoint's answer is not stored",
            level: .should
        ) {
            subject in
            let browser = await subject.browser()
            let page = try await subject.page(subject.request(try subject.mainClient()), with: browser)
            let value = page.header("cache-control") ?? ""
            try expect(value.contains("no-store"), "Cache-Control is \(value.isEmpty ? "absent" : value)")
        },
        ConformanceCheck("D-57", "RFC 9700 §4.16", "The page that asks the user cannot be framed") { subject in
            let browser = await subject.browser()
            let first = try await subject.page(subject.request(try subject.mainClient()), with: browser)
            // The page may have an address of its own, at the same server.
            let page = try await browser.follow(first, within: [try subject.origin(of: "authorization_endpoint") + "/"])
            guard page.status == 200 else {
                throw ConformanceStop.obstacle("the first answer is not a page, but \(page.status)")
            }
            let framing = page.header("x-frame-options")?.lowercased() ?? ""
            let policy = page.headers("content-security-policy").joined(separator: "; ")
            try expect(
                ["deny", "sameorigin"].contains(framing) || policy.contains("frame-ancestors"),
                "neither X-Frame-Options nor frame-ancestors is there"
            )
        },
        ConformanceCheck("TK-1", "RFC 6749 §3.2", "The token endpoint takes POST with form encoding only") { subject in
            let url = try subject.endpoint("token_endpoint")
            let get = try await subject.send("GET", url + "?grant_type=authorization_code&code=x&client_id=x")
            try expect((400..<500).contains(get.status), "GET was answered with \(get.status)")
            let type = (name: "content-type", value: "application/json")
            let json = try await subject.send("POST", url, [type], body: Array("{\"grant_type\":\"x\"}".utf8))
            try expect((400..<500).contains(json.status), "JSON was answered with \(json.status)")
        },
        ConformanceCheck("TK-2", "RFC 6749 §5.2", "An error of the token endpoint is JSON with an error, and no-store")
        {
            subject in
            let answer = try await inventedCode(subject)
            try expect([400, 401].contains(answer.status), "the status is \(answer.status)")
            try expect(answer.error != nil, "there is no error member")
            try expect(answer.has("content-type", "application/json"), "the content type is not application/json")
            try expect(answer.has("cache-control", "no-store"), "Cache-Control is not no-store")
        },
        ConformanceCheck("TK-7", "RFC 6749 §5.2", "An invented code and an invented refresh token are invalid_grant") {
            subject in
            let code = try await inventedCode(subject)
            try expect(code.status == 400 && code.error == "invalid_grant", "a code: \(code.summary)")
            let refresh = try await subject.refresh("invented-refresh-token")
            try expect(refresh.status == 400 && refresh.error == "invalid_grant", "a refresh token: \(refresh.summary)")
        },
        ConformanceCheck(
            "TK-11",
            "RFC 6749 §5.2",
            "An unknown grant is unsupported_grant_type, none is invalid_request"
        ) {
            subject in
            let client = try subject.mainClient()
            let unknown = try await subject.token([("grant_type", "urn:example:conformance")], as: client)
            try expect(unknown.status == 400 && unknown.error == "unsupported_grant_type", "it was \(unknown.summary)")
            let none = try await subject.token([("code", "x")], as: client)
            try expect(none.status == 400 && none.error == "invalid_request", "without grant_type: \(none.summary)")
        },
        ConformanceCheck(
            "TK-12",
            "RFC 6749 §5.2",
            "Wrong Basic credentials are 401 invalid_client with a Basic challenge"
        ) {
            subject in
            let answer = try await subject.post(
                "token_endpoint",
                [("grant_type", "authorization_code"), ("code", "x")],
                [(name: "authorization", value: OAuthTestClient.basic("no-such-client", "wrong"))]
            )
            try expect(answer.status == 401 && answer.error == "invalid_client", "it was \(answer.summary)")
            try expect(answer.has("www-authenticate", "basic"), "WWW-Authenticate has no Basic challenge")
        },
        ConformanceCheck("D-9", "RFC 6749 §3.2", "A repeated parameter of the token request is invalid_request") {
            subject in
            let client = try subject.mainClient()
            let form = [("grant_type", "authorization_code"), ("code", "x"), ("code_verifier", verifier)]
            for (name, value) in form {
                let answer = try await subject.token(form + [(name, value)], as: client)
                try expect(answer.status == 400 && answer.error == "invalid_request", "\(name): \(answer.summary)")
            }
        },
    ]

    /// A verifier of the right form.
    static let verifier = String(repeating: "v", count: 43)

    private static func inventedCode(_ subject: ConformanceSubject) async throws -> ConformanceAnswer {
        let client = try subject.mainClient()
        let form = [
            ("grant_type", "authorization_code"), ("code", "invented-code"), ("redirect_uri", client.redirectURI),
            ("code_verifier", verifier),
        ]
        return try await subject.token(form, as: client)
    }
}
