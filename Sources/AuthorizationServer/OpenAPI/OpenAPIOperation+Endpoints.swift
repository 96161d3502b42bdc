import OAuthProtocol

/// The operations of the surface, one for each endpoint.
extension OpenAPIOperation {
    static let clientFields = ["client_id", "client_secret", "client_assertion", "client_assertion_type"]
    static let throttled = OpenAPIResponse.error("Too many failures from this address")
    static let unavailable = OpenAPIResponse.error("No change was made; try again")
    static let failed = OpenAPIResponse.error("The server failed")

    /// RFC 8414 §3: a document is at several paths, so its operations are numbered.
    static func metadata(index: Int) -> OpenAPIOperation {
        OpenAPIOperation(
            id: index == 0 ? "getMetadata" : "getMetadata\(index + 1)",
            summary: "The server's metadata (RFC 8414, OpenID Connect Discovery).",
            responses: [(200, .json("The metadata", "Metadata"))]
        )
    }

    /// RFC 7517 §5.
    static let keySet = OpenAPIOperation(
        id: "getKeySet",
        summary: "The public keys of tokens (RFC 7517).",
        responses: [
            (200, .json("The keys", "KeySet", mediaType: "application/jwk-set+json")),
            (304, .empty("The caller's copy is current")),
        ]
    )

    /// The document itself.
    static let openAPI = OpenAPIOperation(
        id: "getOpenAPI",
        summary: "This document.",
        responses: [
            (200, OpenAPIResponse(description: "The document", content: [("application/json", ["type": "object"])]))
        ]
    )

    /// RFC 6749 §3.1.
    static let authorization = OpenAPIOperation(
        id: "authorize",
        summary: "Asks for consent, then redirects to the identity provider (RFC 6749, RFC 7636, RFC 8707).",
        parameters: [
            OpenAPIParameter(name: "client_id", isRequired: true), OpenAPIParameter(name: "redirect_uri"),
            OpenAPIParameter(name: "response_type", isRequired: true), OpenAPIParameter(name: "scope"),
            OpenAPIParameter(name: "state"), OpenAPIParameter(name: "code_challenge", isRequired: true),
            OpenAPIParameter(name: "code_challenge_method", isRequired: true), OpenAPIParameter(name: "resource"),
            OpenAPIParameter(name: "nonce"), OpenAPIParameter(name: "prompt"), OpenAPIParameter(name: "max_age"),
            OpenAPIParameter(name: "login_hint"), OpenAPIParameter(name: "acr_values"),
        ],
        responses: [
            (200, .page("The consent page")), (302, .empty("Redirect to the identity provider, or back with an error")),
            (400, .page("The request is invalid and is not answered by a redirect")),
            (429, .page("Too many metadata documents were requested")),
            (502, .page("The client's metadata document could not be fetched")),
        ]
    )

    /// The decision on the consent page.
    static let consent = OpenAPIOperation(
        id: "decide",
        summary: "Receives the user's decision from the consent page.",
        body: .form(required: ["ticket", "decision"], optional: []),
        responses: [
            (303, .empty("Redirect to the identity provider, or back with an error")),
            (400, .page("The form is invalid")), (403, .page("The form was sent from another site or browser")),
            (429, .page("Too many metadata documents were requested")),
            (502, .page("The client's metadata document could not be fetched")),
            (503, .page("Too many logins at the moment")),
        ]
    )

    /// OpenID Connect Core 1.0 §3.1.2.5 as relying party.
    static let callback = OpenAPIOperation(
        id: "callback",
        summary: "Receives an identity provider's answer.",
        parameters: [
            OpenAPIParameter(name: "upstream", place: "path", isRequired: true, pattern: "^[a-z0-9-]+$"),
            OpenAPIParameter(name: "state"), OpenAPIParameter(name: "code"), OpenAPIParameter(name: "error"),
            OpenAPIParameter(name: "iss"),
        ],
        responses: [
            (302, .empty("Redirect to the next provider, or back to the client")),
            (400, .page("The answer is invalid")), (403, .page("The login was started in another browser")),
            (404, OpenAPIResponse.page("The provider does not exist").merging(.error("The path does not exist"))),
            (429, .page("Too many metadata documents were requested")),
            (502, .page("The client's metadata document could not be fetched")),
        ]
    )

    /// RFC 6749 §3.2.
    static func token(grantTypes: [GrantType]) -> OpenAPIOperation {
        OpenAPIOperation(
            id: "token",
            summary: "Issues tokens: \(grantTypes.map(\.rawValue).joined(separator: ", ")).",
            body: .form(
                required: ["grant_type"],
                optional: clientFields + [
                    "code", "code_verifier", "redirect_uri", "refresh_token", "scope", "resource", "subject_token",
                    "subject_token_type", "requested_token_type", "audience",
                ]
            ),
            security: ["clientBasic"],
            responses: [
                (200, .json("Tokens", "TokenResponse")), (400, .error("The grant or the request is refused")),
                (401, .error("The client is unknown or not authenticated")),
                (403, .error("Access is denied")), (429, throttled), (500, failed), (503, unavailable),
            ]
        )
    }

    /// RFC 7009 §2.
    static let revocation = OpenAPIOperation(
        id: "revoke",
        summary: "Revokes a token (RFC 7009).",
        body: .form(required: ["token"], optional: clientFields + ["token_type_hint"]),
        security: ["clientBasic"],
        responses: [
            (200, .empty("The token is no longer valid, or never was")), (400, .error("The request is refused")),
            (401, .error("The client is unknown or not authenticated")), (429, throttled), (503, unavailable),
        ]
    )

    /// RFC 7662 §2.
    static let introspection = OpenAPIOperation(
        id: "introspect",
        summary: "Returns the state of a token that was issued for the calling resource server (RFC 7662).",
        body: .form(required: ["token"], optional: clientFields + ["token_type_hint"]),
        security: ["clientBasic"],
        responses: [
            (200, .json("The state of the token", "Introspection")), (400, .error("The request is refused")),
            (401, .error("The caller is unknown or not authenticated")), (429, throttled), (503, unavailable),
        ]
    )

    /// RFC 7591 §3.
    static let registration = OpenAPIOperation(
        id: "register",
        summary: "Registers a client (RFC 7591).",
        body: OpenAPIBody(
            mediaType: "application/json",
            schema: [
                "type": "object", "required": ["redirect_uris"],
                "properties": [
                    "redirect_uris": ["type": "array", "minItems": 1, "items": ["type": "string"]],
                    "client_name": ["type": "string"], "token_endpoint_auth_method": ["type": "string"],
                    "grant_types": ["type": "array", "items": ["type": "string"]],
                    "response_types": ["type": "array", "items": ["type": "string"]], "scope": ["type": "string"],
                ],
            ]
        ),
        responses: [
            (201, .json("The client", "Registration")), (400, .error("The metadata is refused")),
            (401, .error("Registration requires an initial access token")), (429, throttled), (503, unavailable),
        ]
    )

    /// OpenID Connect Core 1.0 §5.3.
    static func userInfo(method: String) -> OpenAPIOperation {
        OpenAPIOperation(
            id: method == "get" ? "getUserInfo" : "postUserInfo",
            summary: "Returns claims about the user of an access token (OpenID Connect Core).",
            security: ["accessToken"],
            responses: [
                (200, .json("The claims", "UserInfo")), (401, .error("The access token is missing or invalid")),
                (403, .error("The access token was granted without openid")),
            ]
        )
    }
}
