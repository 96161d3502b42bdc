import OAuthClientKit
import OAuthProtocol

extension ConformanceSubject {
    /// Whether the suite was given a way through the user's pages.
    var canLogIn: Bool { options.loginHint != nil || !options.cookies.isEmpty }

    /// Goes through the pages of a login: submits forms, chooses the user, approves.
    ///
    /// - Returns: The outcome, and every status and target of the way.
    func walk(
        _ first: TestBrowser.Page,
        with browser: TestBrowser,
        to redirectURI: String
    ) async throws -> (outcome: ConformanceOutcome, pages: [TestBrowser.Page]) {
        var pages = [first]
        for _ in 0..<20 {
            let page = pages[pages.count - 1]
            let outcome = try ConformanceOutcome(page, redirectURI: redirectURI)
            guard case .interaction = outcome, let next = try await step(from: page, with: browser) else {
                return (outcome, pages)
            }
            pages.append(next)
        }
        throw ConformanceStop.obstacle("the login did not end after 20 pages")
    }

    private func step(from page: TestBrowser.Page, with browser: TestBrowser) async throws -> TestBrowser.Page? {
        if (300..<400).contains(page.status), let location = page.header("location") {
            let url = Self.resolved(location, from: page.url)
            return url.hasPrefix("http") ? try await browser.get(url) : nil
        }
        guard let submission = page.submission(for: options.loginHint ?? "") else { return nil }
        return try await browser.post(Self.resolved(submission.action, from: page.url), form: submission.fields)
    }

    /// An address on a page, absolute.
    static func resolved(_ reference: String, from url: String) -> String {
        guard URIReference(reference)?.host == nil, let base = URIReference(url) else { return reference }
        let origin = base.scheme + "://" + (base.host ?? "") + (base.port.map { ":\($0)" } ?? "")
        if reference.hasPrefix("//") { return base.scheme + ":" + reference }
        if reference.hasPrefix("/") { return origin + reference }
        let path = origin + (base.path.isEmpty ? "/" : base.path)
        // RFC 3986 §5.2.2: an empty reference keeps the query, as a form without a target does.
        if reference.isEmpty { return String(url.prefix { $0 != "#" }) }
        if reference.hasPrefix("?") { return path + reference }
        return path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex) + reference
    }

    /// A code of the main client's user, and the request that it is for.
    func code(
        _ change: (ConformanceRequest) -> ConformanceRequest = { $0 }
    ) async throws -> (code: String, request: ConformanceRequest, answer: FormParameters) {
        guard canLogIn else {
            throw ConformanceStop.obstacle("a user's login is needed: use --login-hint or --cookie")
        }
        let request = change(request(try mainClient()))
        guard case .client(let parameters) = try await outcome(of: request) else {
            throw ConformanceStop.obstacle("the login did not come back to the client")
        }
        guard let code = parameters.values("code").first else {
            let error = parameters.values("error").first ?? "without a code"
            throw ConformanceStop.obstacle("the login ended with \(error)")
        }
        return (code, request, parameters)
    }

    /// The form that redeems a code (RFC 6749 §4.1.3, RFC 7636 §4.5).
    func redemption(_ code: String, _ request: ConformanceRequest) -> [(String, String)] {
        var form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", request.redirectURI),
            ("code_verifier", request.verifier.value),
        ]
        if let resource { form.append(("resource", resource)) }
        return form
    }

    /// Sends a token request of a client.
    func token(_ form: [(String, String)], as client: ConformanceClient) async throws -> ConformanceAnswer {
        let credentials = client.credentials
        return try await post("token_endpoint", form + credentials.form, credentials.headerFields)
    }

    /// The answer to a right redemption.
    func tokens() async throws -> ConformanceAnswer {
        let (code, request, _) = try await code()
        let answer = try await token(redemption(code, request), as: try mainClient())
        guard answer.status == 200 else {
            throw ConformanceStop.fault("a right token request was answered with \(answer.summary)")
        }
        return answer
    }

    /// A refresh token of the main client.
    func refreshToken() async throws -> String {
        guard let token = try await tokens().json["refresh_token"]?.stringValue else {
            throw ConformanceStop.obstacle("the server issued no refresh token")
        }
        return token
    }

    /// Refreshes as a client (RFC 6749 §6).
    func refresh(
        _ token: String,
        as client: ConformanceClient? = nil,
        _ extra: [(String, String)] = []
    ) async throws -> ConformanceAnswer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)]
        return try await self.token(form + extra, as: client ?? mainClient())
    }
}
