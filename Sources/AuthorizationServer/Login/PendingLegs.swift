import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// Where legs wait for their browser: those of a client's login in the store, those of our own pages in the browser.
///
/// A client's login has been approved by its user, and is counted. Our own pages anyone can open: they cost no memory,
/// because all of the leg is sealed in a cookie of this browser, and a callback in another browser finds nothing (D-51,
/// D-60).
struct PendingLegs: Sendable {
    let sessions: any LoginStore
    let sealing: PageSealing
    let cookies: BrowserCookies
    let random: any RandomSource

    // MARK: - To the provider

    /// Keeps a leg until its provider answers.
    ///
    /// - Returns: The cookies that bind it to the browser, and that remove surplus ones.
    /// - Throws: `temporarily_unavailable` at a bound, `access_denied` for a login that its provider has ended.
    func keep(
        _ leg: LoginLeg,
        for purpose: LoginPurpose,
        state: SHA256Digest,
        _ request: Request,
        _ context: RequestContext
    ) async throws(OAuthError) -> [String] {
        switch purpose {
        case .client(let login):
            let cookie = try await keep(login, .atProvider(leg), state: state, context)
            return cookies.removingSurplusFlows(request) + [cookie]
        case .page(let purpose):
            let expiry = context.now + PendingLogin.lifetime
            let sealed = try seal(PageLogin(state: state, leg: leg, purpose: purpose, expiry: expiry))
            return cookies.settingPageLogin(sealed, state: state, lifetime: PendingLogin.lifetime, after: request)
        }
    }

    /// Keeps a client's login.
    ///
    /// - Returns: The cookie that binds it to the browser.
    func keep(
        _ login: Login,
        _ leg: PendingLogin.Leg,
        state: SHA256Digest,
        _ context: RequestContext
    ) async throws(OAuthError) -> String {
        let binding = BrowserBinding(random: random)
        var login = login
        login.source = context.network
        let waiting = PendingLogin(
            login,
            leg: leg,
            binding: binding.hash,
            expiry: context.now + PendingLogin.lifetime
        )
        let admission = try await OAuthError.attempt(
            await sessions.begin(waiting, state: state, now: context.now).outcome
        )
        try admission.check()
        return cookies.settingFlowBinding(binding, state: state, lifetime: PendingLogin.lifetime)
    }

    private func seal(_ login: PageLogin) throws(OAuthError) -> String {
        var writer = BinaryWriter(reserving: 512)
        login.write(to: &writer)
        return try sealing.seal(writer.bytes, for: .login)
    }

    // MARK: - And back

    /// Takes a client's login out of the store, if state, provider and browser match.
    func take(
        state: SHA256Digest,
        upstream: String,
        _ request: Request,
        _ context: RequestContext
    ) async throws(StoreError) -> PendingOutcome {
        try await sessions.takePending(
            state: state,
            upstream: upstream,
            binding: cookies.flowBinding(request, state: state)?.hash,
            now: context.now
        ).outcome
    }

    /// Forgets that the callback of a client's login is being processed.
    func abandon(_ login: Login) async {
        await sessions.abandon(login.sessionID)
    }

    /// The login of one of our own pages that this browser has for a state.
    func pageLogin(_ request: Request, state: SHA256Digest) -> PageLogin? {
        guard let text = cookies.pageLogin(request, state: state), let bytes = sealing.open(text, for: .login) else {
            return nil
        }
        var reader = BinaryReader(bytes)
        // Sealed by us: only another version's form is unreadable, and such a login is ignored.
        guard let login = try? PageLogin(from: &reader), reader.isAtEnd else { return nil }
        return constantTimeEqual(login.state.bytes, state.bytes) ? login : nil
    }

    /// CO-3: uses a login of our own pages up, once, although nothing was stored for it.
    ///
    /// - Throws: The page that says why it cannot be used.
    func use(_ login: PageLogin, at upstream: String, _ context: RequestContext) async throws(Refusal) {
        guard login.leg.upstream.hasSameBytes(as: upstream) else { throw .page(.badCallback, .badRequest) }
        guard context.now < login.expiry else { throw .page(.expired, .badRequest) }
        let use = try await Refusal.attempt(
            await sessions.consumeOnce(
                login.useID,
                until: login.expiry,
                from: context.network,
                now: context.now
            ).outcome
        )
        switch use {
        case .consumed: return
        case .alreadyUsed: throw .page(.expired, .badRequest)
        case .full: throw .page(.overloaded, .serviceUnavailable)
        }
    }

    /// Why a login of our own pages cannot be used.
    enum Refusal: StoreFailure {
        case page(ErrorPage, HTTPResponse.Status)

        init(_ error: StoreError) { self = .page(.overloaded, .serviceUnavailable) }
    }

    // MARK: - Afterwards

    /// The cookies by which the browser keeps a leg that was taken, for as long as the answer can be repeated.
    func keepingCookies(_ request: Request, state: SHA256Digest, of purpose: LoginPurpose) -> [String] {
        switch purpose {
        case .client:
            cookies.flowBinding(request, state: state).map { [cookies.keepingFlowBinding($0, state: state)] } ?? []
        case .page: cookies.pageLogin(request, state: state).map { [cookies.keepingPageLogin($0, state: state)] } ?? []
        }
    }
}
