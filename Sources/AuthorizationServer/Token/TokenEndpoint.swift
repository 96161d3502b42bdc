import CoreMetrics
import HTTPTypes
import OAuthProtocol
package import SocketHTTP

/// RFC 6749 §3.2: the token endpoint.
///
/// Parses, authenticates and dispatches; each grant defines its own meaning.
package struct TokenEndpoint: Endpoint {
    /// A grant with the counter of its successes, which is looked up once.
    private struct Offer: Sendable {
        let grant: any Grant
        let grantType: GrantType
        let successes: Counter
    }

    private let offers: [Offer]
    private let requests: ClientRequests
    private let metrics: ServerMetrics

    /// An endpoint with the given grants.
    package init(
        grants: [any Grant],
        requests: ClientRequests,
        metrics: ServerMetrics
    ) {
        offers = grants.map { grant in
            Offer(
                grant: grant,
                grantType: grant.grantType,
                successes: metrics.tokenRequests(grant: grant.grantType.metricName, result: "success")
            )
        }
        self.requests = requests
        self.metrics = metrics
    }

    /// Answers a token request; every answer is JSON that must not be cached (TK-2).
    package func respond(to request: Request, context: RequestContext) async -> Response {
        var grantName = "none"
        do throws(OAuthError) {
            let form = try requests.form(request)
            let offer = try offer(form)
            grantName = offer.grantType.metricName
            let client = try await requests.client(request, form, context)
            try Self.checkPermission(client, offer.grantType)
            let body = try await offer.grant.evaluate(TokenRequest(form: form, client: client, context: context))
            offer.successes.increment()
            return CrossOrigin.json(body)
        } catch {
            let refusal = await requests.refusal(error, request, context)
            metrics.tokenRequest(grant: grantName, result: refusal.error.code.wireValue)
            return CrossOrigin.allow(refusal.response)
        }
    }

    private func offer(_ form: FormParameters) throws(OAuthError) -> Offer {
        let name = try form.required("grant_type")
        guard let type = GrantType(rawValue: name), let offer = offers.first(where: { $0.grantType == type }) else {
            throw OAuthError(.unsupportedGrantType, "this grant_type is not supported")
        }
        return offer
    }

    // TK-11: only when it is true, because the TypeScript SDK drops its registration when it reads unauthorized_client.
    private static func checkPermission(_ client: Client, _ grantType: GrantType) throws(OAuthError) {
        // A client that got a refresh token only through `offline_access` may use it (TK-10).
        let isAllowed = client.grantTypes.contains { allowed in
            allowed == grantType || grantType == .refreshToken && allowed == .authorizationCode
        }
        guard isAllowed else {
            throw OAuthError(.unauthorizedClient, "this client is not registered for this grant_type")
        }
    }
}

extension GrantType {
    /// A short name for metric labels.
    var metricName: String {
        self == .tokenExchange ? "token_exchange" : rawValue
    }
}
