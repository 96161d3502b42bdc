import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 6749 §4.1.2: the end of a login: a code for the client, in the browser that approved.
package struct LoginCompletion: Sendable {
    let admission: AuthorizationAdmission
    let registry: any ClientStore
    let sessions: any AuthorizationStore
    let browser: BrowserGround
    let instruments: Instruments

    /// Issues the code and redirects to the client.
    func complete(
        _ login: Login,
        request: Request,
        context: RequestContext
    ) async throws(OAuthError) -> Response {
        guard let userID = login.userID else { throw OAuthError(.serverError, "the login identified no user") }
        // D-62: the user of a remembered consent must be the one who logged in.
        guard login.expectedUserID == nil || login.expectedUserID == userID else {
            throw OAuthError(.accessDenied, "a different user logged in than the one who consented")
        }
        let client = try await client(of: login.request, context)
        try await consumePush(of: login.request, context)
        try await keepDocument(of: client)
        let code = AuthorizationCode(random: browser.random)
        var granted = login.granted
        granted.source = context.network
        let grant = AuthorizationGrant(
            granted,
            userID: userID,
            issuesRefreshToken: Self.issuesRefreshToken(client, granted.request.scopes)
        )
        let stored = try await OAuthError.attempt(
            await sessions.issueCode(code.hash, for: grant, now: context.now).outcome
        )
        try stored.check()
        // After the code is stored: a withdrawal either ends the code or is seen here. Without an answer the code is
        // known to no one.
        if login.expectedUserID != nil, admission.consent.remembers,
            try await !admission.consent.stillHolds(login.request, of: userID, now: context.now)
        {
            throw OAuthError(.accessDenied, "the approval was withdrawn or has expired")
        }
        await registry.touch(client.id, now: context.now)
        if let device = login.request.device {
            let response = try await admission.devices.approve(device, code.hash, context)
            instruments.metrics.authorization(result: "device")
            instruments.audit.record(.authorized(grant), context: context)
            return response
        }
        var response = Response.redirect(
            to: AuthorizationResponse.success(code: code, request: login.request, issuer: browser.issuer),
            after: request.method
        )
        // A login without the page does not prolong the approval: the user is asked again when it expires.
        let wasAsked = login.expectedUserID == nil
        try await rememberConsent(login.request, userID, wasAsked: wasAsked, &response, context)
        // Last: what may still fail must not be on record as granted.
        instruments.metrics.authorization(result: "code")
        instruments.audit.record(.authorized(grant), context: context)
        return response
    }

    private func client(
        of request: AuthorizationRequest,
        _ context: RequestContext
    ) async throws(OAuthError) -> Client {
        let client: Client
        do {
            client = try await admission.clients.client(continuingAuthorization: request.clientID, context: context)
        } catch {
            guard error.problem != .temporarilyUnavailable else { throw .overloaded }
            throw OAuthError(.accessDenied, "the client is no longer registered")
        }
        // D-89: the document's publisher may have withdrawn the address since the login began.
        guard request.canBeAnswered(to: client) else {
            throw OAuthError(.accessDenied, "the client no longer has the address, or the grant, of the answer")
        }
        return client
    }

    // PA-1: once, and only here: browsers open an address more than once before its user has decided (AZ-13).
    private func consumePush(of request: AuthorizationRequest, _ context: RequestContext) async throws(OAuthError) {
        guard let push = request.push else { return }
        // Whenever it completes, the same moment for one push: the store finds the use by it.
        let expiry = push.expiry + AuthorizationPush.completionTime
        guard context.now < expiry else {
            throw OAuthError(.invalidRequest, "the login that request_uri started took too long")
        }
        let use = try await OAuthError.attempt(
            await sessions.consumeOnce(push.id, until: expiry, from: context.network, now: context.now).outcome
        )
        switch use {
        case .consumed: return
        case .alreadyUsed: throw OAuthError(.invalidRequest, "request_uri has already been used")
        case .full: throw .overloaded
        }
    }

    // Stored at the first login, and not earlier: a visit alone writes nothing. From then on the token endpoint knows
    // the client, even if the document's host is unavailable (CM-5).
    private func keepDocument(of client: Client) async throws(OAuthError) {
        guard client.kind == .metadataDocument else { return }
        let known = try await OAuthError.attempt(await registry.client(client.id))
        guard known.map({ !client.saysTheSame(as: $0) }) ?? true else { return }
        let kept = try await OAuthError.attempt(await registry.replace(client).outcome)
        guard kept == .registered else { throw .overloaded }
    }

    // TK-10, SEP-2207: on either signal, the registered grant or the granted scope.
    private static func issuesRefreshToken(_ client: Client, _ scopes: ScopeSet) -> Bool {
        client.grantTypes.contains(.refreshToken) || scopes.contains(ScopeSet.offlineAccess)
    }

    private func rememberConsent(
        _ authorization: AuthorizationRequest,
        _ userID: UserID,
        wasAsked: Bool,
        _ response: inout Response,
        _ context: RequestContext
    ) async throws(OAuthError) {
        // What was left out is offered again: a login without the page would visit it.
        guard admission.consent.remembers, authorization.declinedUpstreams.isEmpty else { return }
        if wasAsked { try await admission.consent.remember(authorization, of: userID, now: context.now) }
        let cookie = try await browser.logins.cookie(for: userID, now: context.now)
        response.headerFields.append(HTTPField(name: .setCookie, value: cookie))
    }
}

extension AuthorizationPush {
    /// How long after the end of its reference a login may take that the push started, over all its providers.
    fileprivate static let completionTime: Duration = .seconds(3600)
}

extension AuthorizationRequest {
    /// Whether the client may still get the answer: at its redirect URI, or at a device's next poll.
    func canBeAnswered(to client: Client) -> Bool {
        guard device == nil else { return client.grantTypes.contains(.deviceCode) }
        return AuthorizationRequestCheck.isRegistered(redirectURI, by: client)
    }
}

extension StoreAdmission {
    /// Returns if the login was admitted.
    ///
    /// - Throws: `temporarily_unavailable` when the table is full, `access_denied` when the provider ended the login
    ///   in the meantime.
    func check() throws(OAuthError) {
        switch self {
        case .admitted: return
        case .full: throw .overloaded
        case .ended: throw OAuthError(.accessDenied, "the identity provider ended the login")
        }
    }
}
