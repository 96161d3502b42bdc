import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// RFC 9126 §2: a client sends the parameters of its authorization request here, authenticated, and gets a reference
/// for the browser's address.
struct PushedAuthorizationEndpoint: Endpoint {
    let requests: ClientRequests
    let proofs: TokenProofs
    let resources: ResourceCatalogue
    let scopePolicy: ScopePolicy
    let sealing: PushedRequestSealing

    /// What authenticates the client and is no part of its request.
    private static let credentials: Set<String> = [
        "client_id", "client_secret", "client_assertion", "client_assertion_type",
    ]

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let form = try requests.form(request)
            let proof = try await proofs.proof(of: request, at: Self.path, context)
            let client = try await requests.client(request, form, context)
            let query = try query(form, of: client, proof?.key)
            try check(query, of: client)
            // A client that must send proofs sends them for tokens, not necessarily here.
            guard let proof else { return try answer(query, client, context) }
            return try await proofs.using(proof, of: client, context) { () async throws(OAuthError) in
                try answer(query, client, context)
            }.bringing(nonce: proofs.verification.nextNonce(after: proof, context.now))
        } catch {
            let refusal = await requests.refusal(error, request, context)
            return CrossOrigin.allow(proofs.completed(refusal.response, refusal.error, context))
        }
    }

    /// The path, relative to the issuer.
    static let path = "/oauth/par"

    private func query(
        _ form: FormParameters,
        of client: Client,
        _ key: KeyThumbprint?
    ) throws(OAuthError) -> String {
        // RFC 9126 §2.1: a pushed request must not refer to another one.
        guard form.values("request_uri").isEmpty else {
            throw OAuthError(.invalidRequest, "request_uri must not be pushed")
        }
        let names = form.names.filter { !Self.credentials.contains($0) }
        var pairs = names.flatMap { name in form.values(name).map { (name, $0) } }
        if let key {
            // RFC 9449 §10.1: the proof says the same as the parameter, and both must not differ.
            guard try form.once("dpop_jkt").map({ $0 == key.text }) ?? true else {
                throw OAuthError(.invalidDPoPProof, "dpop_jkt is not the key of the DPoP proof")
            }
            pairs = pairs.filter { $0.0 != "dpop_jkt" } + [("dpop_jkt", key.text)]
        }
        let query = FormParameters.serialize([("client_id", client.id)] + pairs)
        guard query.utf8.count <= PushedRequest.queryByteCountMax else {
            throw OAuthError(.invalidRequest, "the request is longer than \(PushedRequest.queryByteCountMax) bytes")
        }
        return query
    }

    // RFC 9126 §2.1: the same checks as at the authorization endpoint, which makes them again.
    private func check(_ query: String, of client: Client) throws(OAuthError) {
        let check: AuthorizationRequestCheck
        let redirectURI: String
        do throws(AuthorizationPageError) {
            check = try AuthorizationRequestCheck(query: query)
            redirectURI = try check.redirectURI(of: client)
        } catch {
            throw OAuthError(
                .invalidRequest,
                "the redirect_uri is missing or not registered, or a parameter is repeated"
            )
        }
        _ = try check.request(client: client, redirectURI: redirectURI, resources: resources, scopePolicy: scopePolicy)
    }

    private func answer(_ query: String, _ client: Client, _ context: RequestContext) throws(OAuthError) -> Response {
        let reference: String
        do { reference = try sealing.reference(to: query, of: client.id, now: context.now) } catch {
            throw OAuthError(.serverError, "the request could not be sealed")
        }
        let json: JSONObject = [
            "request_uri": .string(reference), "expires_in": .integer(Int(PushedRequest.lifetime.wholeSeconds)),
        ]
        return CrossOrigin.allow(.json(json.serialized(), status: .created))
    }
}

extension PushedAuthorizationEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                .post,
                Self.path,
                name: "par",
                origins: .all,
                // RFC 9126 §5; whether a client must push is its own property.
                advertisement: .init(member: "pushed_authorization_request_endpoint"),
                Self.operation
            )
        ]
    }

    private static let operation = OpenAPIOperation(
        id: "pushAuthorizationRequest",
        summary: "Receives an authorization request from its client, and returns a reference to it (RFC 9126).",
        parameters: [.proof],
        body: .form(
            required: ["response_type", "code_challenge", "code_challenge_method"],
            optional: OpenAPIOperation.clientFields + [
                "redirect_uri", "scope", "state", "resource", "nonce", "prompt", "max_age", "login_hint", "acr_values",
                "dpop_jkt",
            ]
        ),
        security: ["clientBasic"],
        responses: [
            (201, .json("The reference", .pushedRequest)), (400, .error("The request is refused")),
            (401, .error("The client is unknown or not authenticated")), (429, OpenAPIOperation.throttled),
            (503, OpenAPIOperation.unavailable),
        ]
    )
}

extension OpenAPISchema {
    fileprivate static let pushedRequest = OpenAPISchema(
        "PushedRequest",
        required: ["request_uri", "expires_in"],
        ["request_uri": ["type": "string"], "expires_in": ["type": "integer"]]
    )
}
