import OAuthClientKit
import OAuthProtocol
import OpenSSLCrypto

/// An authorization request (RFC 6749 §4.1.1) that a check can bend.
struct ConformanceRequest: Sendable {
    private(set) var parameters: [(String, String)]
    var redirectURI: String
    let verifier: CodeVerifier
    var state: String

    init(_ client: ConformanceClient, resource: String?, scope: String?) {
        verifier = CodeVerifier(random: SystemRandomSource())
        redirectURI = client.redirectURI
        state = "conformance-state"
        parameters = [
            ("response_type", "code"), ("client_id", client.id), ("redirect_uri", client.redirectURI),
            ("state", state), ("code_challenge", CodeChallenge(verifier: verifier).text),
            ("code_challenge_method", "S256"),
        ]
        if let resource { parameters.append(("resource", resource)) }
        if let scope { parameters.append(("scope", scope)) }
    }

    /// The same request with another value for a parameter; `nil` removes it.
    func with(_ name: String, _ value: String?) -> ConformanceRequest {
        var changed = self
        changed.parameters.removeAll { $0.0 == name }
        if let value { changed.parameters.append((name, value)) }
        if name == "redirect_uri", let value { changed.redirectURI = value }
        if name == "state", let value { changed.state = value }
        return changed
    }

    /// The same request with one more parameter.
    func adding(_ name: String, _ value: String) -> ConformanceRequest {
        var changed = self
        changed.parameters.append((name, value))
        return changed
    }
}

/// Where an authorization request led.
enum ConformanceOutcome: Sendable {
    /// To the client's redirect URI, with the query.
    case client(FormParameters)
    /// To a page that refuses, with its status.
    case refusal(Int)
    /// To a page that asks the user, or to another address.
    case interaction(TestBrowser.Page)

    /// Reads one answer.
    ///
    /// - Throws: ``ConformanceStop/fault(_:)`` for a server error.
    init(_ page: TestBrowser.Page, redirectURI: String) throws(ConformanceStop) {
        guard page.status < 500 else { throw .fault("the server failed with \(page.status)") }
        guard page.status != 429 else { throw .obstacle("the server limits requests (429)") }
        guard (300..<400).contains(page.status), let location = page.header("location") else {
            self = (400..<500).contains(page.status) ? .refusal(page.status) : .interaction(page)
            return
        }
        // A request for another spelling may come back to the registered one.
        let targets = [redirectURI, ConformanceSubject.loopbackRedirect, ConformanceSubject.webRedirect]
        guard targets.map(Self.base).contains(Self.base(location)) else {
            self = .interaction(page)
            return
        }
        // RFC 6749 §4.2.2.1: errors of the implicit grant come in the fragment.
        let answer = String(location.dropFirst(Self.base(location).count + 1)).replacing("#", with: "&")
        do {
            self = .client(try FormParameters(query: answer))
        } catch {
            throw .fault("the query of the redirect to the client cannot be read")
        }
    }

    private static func base(_ url: String) -> Substring { url.prefix { $0 != "?" && $0 != "#" } }
}

extension ConformanceSubject {
    /// A request that a right server accepts.
    func request(_ client: ConformanceClient) -> ConformanceRequest {
        options.parameters.reduce(ConformanceRequest(client, resource: resource, scope: scope)) {
            $0.adding($1.name, $1.value)
        }
    }

    /// The resource of the options, or the first of the metadata (RFC 9728 §4).
    var resource: String? {
        options.resource ?? metadata.json["protected_resources"]?.stringArrayValue?.first
    }

    /// The scope of the options, or everything that the metadata offers, as clients in use ask.
    var scope: String? {
        if let scope = options.scope { return scope }
        return metadata.json["scopes_supported"]?.stringArrayValue.map { $0.prefix(20).joined(separator: " ") }
    }

    /// The first answer to an authorization request.
    func page(_ request: ConformanceRequest, with browser: TestBrowser) async throws -> TestBrowser.Page {
        let url = try endpoint("authorization_endpoint")
        let separator = url.contains("?") ? "&" : "?"
        return try await browser.get(url + separator + FormParameters.serialize(request.parameters))
    }

    /// Where a request leads: at once, or after the user's login if the suite can log in.
    func outcome(of request: ConformanceRequest) async throws -> ConformanceOutcome {
        let browser = await browser()
        let page = try await page(request, with: browser)
        let outcome = try ConformanceOutcome(page, redirectURI: request.redirectURI)
        guard case .interaction = outcome, canLogIn else { return outcome }
        return try await walk(page, with: browser, to: request.redirectURI).outcome
    }

    /// Whether the server refuses a right request too, which makes every further refusal meaningless; `nil` when it
    /// does not.
    func acceptanceObstacle() async -> ConformanceStop? {
        do {
            switch try await outcome(of: request(try mainClient())) {
            case .interaction: return nil
            case .client(let answer) where answer.values("error").isEmpty: return nil
            case .client(let answer):
                let error = answer.values("error").joined(separator: ", ")
                return .obstacle("a right authorization request is answered with \(error)")
            case .refusal(let status): return .obstacle("a right authorization request is answered with \(status)")
            }
        } catch let stop as ConformanceStop {
            return .obstacle("a right authorization request does not succeed: \(stop)")
        } catch {
            return .obstacle("a right authorization request does not succeed: \(error)")
        }
    }

    private func requireAcceptance() throws(ConformanceStop) {
        if let refusal { throw refusal }
    }

    /// Stops unless the server refuses the request with one of the errors, or with a page.
    ///
    /// - Returns: The error's parameters, if they were sent to the client.
    @discardableResult
    func expectRefusal(
        of request: ConformanceRequest,
        _ what: String,
        errors: Set<String> = ["invalid_request"]
    ) async throws -> FormParameters? {
        try requireAcceptance()
        switch try await outcome(of: request) {
        case .refusal: return nil
        case .client(let parameters):
            guard let error = parameters.values("error").first else {
                throw ConformanceStop.fault("\(what) was accepted")
            }
            try expect(errors.contains(error), "\(what) was answered with \(error)")
            return parameters
        case .interaction where canLogIn:
            throw ConformanceStop.obstacle("\(what) led to a page that the suite cannot pass")
        case .interaction:
            throw ConformanceStop.obstacle("\(what) led to a page for the user; a login is needed")
        }
    }

    /// Stops if the request leads to its redirect URI.
    func expectNoRedirect(_ request: ConformanceRequest, _ what: String) async throws {
        try requireAcceptance()
        switch try await outcome(of: request) {
        case .refusal: return
        case .client: throw ConformanceStop.fault("\(what) was redirected to")
        case .interaction where canLogIn:
            throw ConformanceStop.obstacle("\(what) led to a page that the suite cannot pass")
        case .interaction:
            throw ConformanceStop.obstacle("\(what) led to a page for the user; a login is needed")
        }
    }
}
