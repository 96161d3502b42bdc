import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
package import SocketHTTP

/// VT-2: `POST /oauth/report-invalid`, by which a resource server reports that the upstream's API answered 401 to a
/// retrieved token (VR-12).
///
/// The server authenticates and presents its caller's access token as in the exchange; the refused token need not be
/// sent. The next retrieval then refreshes, whatever the expiry is; if that is impossible, the user must connect again.
/// Each connection allows one forced refresh per minute, so that a server in a loop does not use up the user's grant. A
/// report about a token that came from a login, or that cannot be refreshed, takes effect at once.
package struct ReportInvalidEndpoint: Endpoint {
    let unstored: UnstoredCredentials
    let requests: ClientRequests
    let subjects: ExchangeSubject
    let vault: any VaultStore
    let sealing: TokenSealing
    let instruments: Instruments

    /// How old refreshed tokens must be to be replaced because of a report.
    static let interval: Duration = .seconds(60)

    /// The result of a report.
    private enum Effect: String {
        /// The next retrieval refreshes.
        case refreshPending = "refresh_pending"
        /// The token was replaced before the report came.
        case superseded
        /// The user must connect again.
        case reauthorizationRequired = "reauthorization_required"
    }

    package func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let form = try requests.form(request)
            let client = try await requests.client(request, form, context)
            let upstream = try form.required("audience")
            let subject = try await subjects.subject(
                form,
                presentedBy: try subjects.server(client),
                upstreams: [upstream],
                context: context
            )
            let session = subject.session
            let effect = try await report(form, subject, upstream, context)
            instruments.audit.record(
                .reportedInvalid(session, clientID: client.id, upstream: upstream, effect: effect.rawValue),
                context: context
            )
            let json: JSONObject = ["upstream": .string(upstream), "status": .string(effect.rawValue)]
            return .json(json.serialized())
        } catch {
            return await requests.refusal(error, request, context).response
        }
    }

    private func report(
        _ form: FormParameters,
        _ subject: ExchangeSubject.Subject,
        _ upstream: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> Effect {
        let (session, account) = (subject.session, try form.once("account"))
        if let effect = try await unstoredReport(form, subject, upstream, context) { return effect }
        let found = try await OAuthError.attempt(
            await vault.credential(of: session, upstream: upstream, account: account)
        )
        guard let connection = found else {
            throw UpstreamCredentialError.interactionRequired(
                reason: "not_connected",
                missingScopes: .empty,
                connection: nil
            ).oauthError
        }
        // A hash of the refused token: a report about a token that was replaced in the meantime changes nothing.
        if let fingerprint = try form.once("token_sha256"), fingerprint != hash(of: connection) { return .superseded }
        guard connection.status == .active || connection.status == .expiring else { return .reauthorizationRequired }
        guard !connection.isReportedInvalid else { return .refreshPending }
        try checkInterval(connection, now: context.now)
        return try await mark(connection)
    }

    // A token that is in memory alone: the next retrieval obtains a new one.
    private func unstoredReport(
        _ form: FormParameters,
        _ subject: ExchangeSubject.Subject,
        _ upstream: String,
        _ context: RequestContext
    ) async throws(OAuthError) -> Effect? {
        let query = UpstreamCredentials.Query(
            session: subject.session,
            tokenScopes: subject.scopes,
            upstream: upstream,
            scopes: .empty,
            minimumLifetime: .zero,
            account: try form.once("account")
        )
        let fingerprint = try form.once("token_sha256")
        do throws(UpstreamCredentialError) {
            let isMeant = try await unstored.report(query, fingerprint: fingerprint, context: context)
            return isMeant.map { $0 ? .refreshPending : .superseded }
        } catch {
            throw error.oauthError
        }
    }

    // A token that came from a login has not been refreshed yet: nothing is forced twice, and to wait would return a
    // token that is known to be refused.
    private func checkInterval(_ connection: Connection, now: Timestamp) throws(OAuthError) {
        guard let refreshedAt = connection.refreshedAt, connection.tokens.refreshToken != nil else { return }
        let age = now - refreshedAt
        // A clock that is set back must not lengthen the wait.
        guard .zero <= age, age < Self.interval else { return }
        throw OAuthError(
            .tooManyRequests,
            "the token was refreshed less than a minute ago",
            retryAfter: Self.interval - age
        )
    }

    private func hash(of connection: Connection) -> String? {
        // A token that does not open has no hash, and the report then counts as one about another token.
        (try? sealing.accessToken(of: connection)).map { Base64URL.encode(SHA256.hash($0).bytes) }
    }

    private func mark(_ connection: Connection) async throws(OAuthError) -> Effect {
        let canRefresh = connection.tokens.refreshToken != nil
        let marked = try await OAuthError.attempt(
            await vault.mark(
                connection.id,
                version: connection.version,
                canRefresh ? .expiring : .reauthorizationRequired,
                reason: Connection.reportedInvalid
            ).outcome
        )
        guard marked else { return .superseded }
        if !canRefresh { instruments.metrics.reauthorizationForced(reason: Connection.reportedInvalid) }
        return canRefresh ? .refreshPending : .reauthorizationRequired
    }
}

extension ReportInvalidEndpoint {
    var surfaces: [Surface] {
        [Surface(.post, "/oauth/report-invalid", name: "report_invalid", Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "reportInvalid",
        summary: "Reports that an upstream API refused a retrieved token.",
        body: .form(
            required: ["subject_token", "subject_token_type", "audience"],
            optional: OpenAPIOperation.clientFields + ["account", "token_sha256"] + SubjectProofs.parameters
        ),
        security: ["clientBasic"],
        responses: [
            (200, .json("The effect of the report", .reportEffect)), (400, .error("The request is refused")),
            (401, .error("The caller is unknown or not authenticated")),
            (429, .error("The token was replaced recently, or too many failures from this address")),
            (500, OpenAPIOperation.failed), (503, OpenAPIOperation.unavailable),
        ]
    )
}

extension OpenAPISchema {
    fileprivate static let reportEffect = OpenAPISchema(
        "ReportEffect",
        required: ["upstream", "status"],
        ["upstream": ["type": "string"], "status": ["type": "string"]]
    )
}
