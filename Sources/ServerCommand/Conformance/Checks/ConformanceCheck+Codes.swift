import OAuthClientKit
import OAuthProtocol

extension ConformanceCheck {
    static let codes: [ConformanceCheck] = [
        ConformanceCheck("AZ-13", "RFC 6749 §4.1.2", "state comes back with the code, character by character") {
            subject in
            let (_, request, answer) = try await subject.code { $0.with("state", "a b+c/d?e&f=g%25~é\"<") }
            try expect(answer.values("state") == [request.state], "state is \(answer.values("state"))")
        },
        ConformanceCheck("AZ-14", "RFC 9207 §2", "iss comes with the code, once, and is the issuer") { subject in
            try expectIssuer(try await subject.code().answer, subject)
        },
        ConformanceCheck("D-23", "RFC 9700 §4.12", "No page of the login redirects with 307 or 308") { subject in
            guard subject.canLogIn else {
                throw ConformanceStop.obstacle("a user's login is needed: use --login-hint or --cookie")
            }
            let request = subject.request(try subject.mainClient())
            let browser = await subject.browser()
            let first = try await subject.page(request, with: browser)
            let pages = try await subject.walk(first, with: browser, to: request.redirectURI).pages
            try expect(!pages.contains { [307, 308].contains($0.status) }, "a redirect keeps the method and the body")
        },
        ConformanceCheck("TK-3", "RFC 6749 §5.1", "A token answer has access_token, a token_type and no-store") {
            subject in
            let answer = try await subject.tokens()
            try expect(answer.json["access_token"]?.stringValue?.isEmpty == false, "access_token is missing")
            let type = answer.json["token_type"]?.stringValue ?? "absent"
            try expect(type.lowercased() == "bearer", "token_type is \(type)")
            try expect(answer.has("cache-control", "no-store"), "Cache-Control is not no-store")
            try expect(answer.has("content-type", "application/json"), "the content type is not application/json")
        },
        ConformanceCheck(
            "TK-3",
            "RFC 6749 §5.1",
            "A token answer has an integer expires_in and the granted scope",
            level: .should
        ) { subject in
            let json = try await subject.tokens().json
            try expect(json["expires_in"]?.integerValue != nil, "expires_in is not an integer")
            try expect(json["scope"]?.stringValue != nil, "scope is missing")
        },
        ConformanceCheck("D-13", "RFC 9700 §4.8.2", "A code is not redeemed without its verifier, or with another") {
            subject in
            let client = try subject.mainClient()
            let (code, request, _) = try await subject.code()
            let without = subject.redemption(code, request).filter { $0.0 != "code_verifier" }
            let missing = try await subject.token(without, as: client)
            try expectNoToken(missing, "without code_verifier")
            let wrong = try await subject.token(without + [("code_verifier", verifier)], as: client)
            try expectNoToken(wrong, "with another verifier")
        },
        ConformanceCheck("D-19", "RFC 6749 §4.1.3", "A code is not redeemed with another redirect URI") { subject in
            let (code, request, _) = try await subject.code()
            let form = subject.redemption(code, request).filter { $0.0 != "redirect_uri" }
            let other = [("redirect_uri", "http://127.0.0.1:51999/callback")]
            try expectNoToken(
                try await subject.token(form + other, as: try subject.mainClient()),
                "another redirect URI"
            )
        },
        ConformanceCheck("D-18", "RFC 6749 §4.1.3", "A code is not redeemed by another client") { subject in
            let other = try subject.otherClient()
            let (code, request, _) = try await subject.code()
            try expectNoToken(try await subject.token(subject.redemption(code, request), as: other), "another client")
        },
        ConformanceCheck("TK-6", "RFC 6749 §4.1.2", "A code is redeemed once") { subject in
            try expectNoToken(try await redeemTwice(subject).second, "the second time")
        },
        ConformanceCheck("D-15", "RFC 6749 §4.1.2", "A replayed code ends what it had issued", level: .should) {
            subject in
            let first = try await redeemTwice(subject).first
            guard let token = first.json["refresh_token"]?.stringValue else {
                throw ConformanceStop.obstacle("the server issued no refresh token")
            }
            let answer = try await subject.refresh(token)
            try expect(answer.status != 200, "the refresh token still works")
        },
        ConformanceCheck(
            "RI-2",
            "RFC 8707 §2.2",
            "A code is not redeemed for a resource that was not granted",
            since: .june2025,
            level: .should
        ) { subject in
            let (code, request, _) = try await subject.code()
            let form = subject.redemption(code, request).filter { $0.0 != "resource" }
            let other = [("resource", "https://unregistered.example/mcp")]
            try expectNoToken(try await subject.token(form + other, as: try subject.mainClient()), "another resource")
        },
    ]

    /// Stops if a token request brought something, or was not refused; which error it gets is TK-7's matter.
    static func expectNoToken(_ answer: ConformanceAnswer, _ what: String) throws(ConformanceStop) {
        let isRefused = (400..<500).contains(answer.status) && answer.json["access_token"] == nil
        try expect(isRefused, "\(what) was answered with \(answer.summary)")
    }

    private static func redeemTwice(
        _ subject: ConformanceSubject
    ) async throws -> (first: ConformanceAnswer, second: ConformanceAnswer) {
        let client = try subject.mainClient()
        let (code, request, _) = try await subject.code()
        let form = subject.redemption(code, request)
        let first = try await subject.token(form, as: client)
        guard first.status == 200 else {
            throw ConformanceStop.fault("a right token request was answered with \(first.summary)")
        }
        return (first, try await subject.token(form, as: client))
    }
}
