import HTTPTypes
import OAuthProtocol
package import SocketHTTP

/// RFC 6749 §3.2: the token endpoint.
///
/// Parses, authenticates and dispatches; what a grant means is the grant's.
package struct TokenEndpoint: Endpoint {
    private let grants: [GrantType: any Grant]
    private let requests: ClientRequests
    private let metrics: ServerMetrics

    /// An endpoint with the given grants.
    package init(
        grants: [any Grant],
        requests: ClientRequests,
        metrics: ServerMetrics
    ) {
        self.grants = Dictionary(grants.map { ($0.grantType, $0) }, uniquingKeysWith: { first, _ in first })
        self.requests = requests
        self.metrics = metrics
    }

    /// Answers a token request; every answer is JSON that no cache keeps (TK-2).
    package func respond(to request: Request, context: RequestContext) async -> Response {
        var grantName = "none"
        do throws(OAuthError) {
            let form = try requests.form(request)
            let grant = try grant(form)
            grantName = grant.grantType.metricName
            let client = try await requests.client(request, form, context)
            try Self.checkPermission(client, grant.grantType)
            let body = try await grant.evaluate(TokenRequest(form: form, client: client, context: context))
            metrics.tokenRequest(grant: grantName, result: "success")
            return CrossOrigin.allow(.json(body))
        } catch {
            let refusal = await requests.refusal(error, request, context)
            metrics.tokenRequest(grant: grantName, result: refusal.error.code.wireValue)
            return CrossOrigin.allow(refusal.response)
        }
    }

    private func grant(_ form: FormParameters) throws(OAuthError) -> any Grant {
        let name = try form.required("grant_type")
        guard let type = GrantType(rawValue: name), let grant = grants[type] else {
            throw OAuthError(.unsupportedGrantType, "this grant_type is not supported")
        }
        return grant
    }

    // TK-11: only when it is true, for the TypeScript SDK drops its registration when it reads unauthorized_client.
    private static func checkPermission(_ client: Client, _ grantType: GrantType) throws(OAuthError) {
        // A client that got a refresh token by `offline_access` alone may use it (TK-10).
        let isRefreshOfCodeClient = grantType == .refreshToken && client.grantTypes.contains(.authorizationCode)
        guard client.grantTypes.contains(grantType) || isRefreshOfCodeClient else {
            throw OAuthError(.unauthorizedClient, "this client may not use this grant_type")
        }
    }
}

extension GrantType {
    /// A short name for metric labels.
    var metricName: String {
        self == .tokenExchange ? "token_exchange" : rawValue
    }
}
