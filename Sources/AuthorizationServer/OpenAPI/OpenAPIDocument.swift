package import OAuthProtocol

/// OpenAPI 3.1: the server's public surface, derived from the same values as its metadata.
///
/// Disabled features are not in it, and every answer that an endpoint can give is.
package struct OpenAPIDocument: Sendable {
    private let metadata: AuthorizationServerMetadata
    private let answersProxies: Bool
    private typealias Path = AuthorizationServerMetadata.Path

    /// The path of the document, relative to the issuer.
    package static let path = "/openapi.json"

    /// The document of a server with this metadata; with forward authentication if that is public.
    package init(_ metadata: AuthorizationServerMetadata, answersProxies: Bool = false) {
        self.metadata = metadata
        self.answersProxies = answersProxies
    }

    /// The document.
    package var json: JSONObject {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Gatehouse", "version": "1",
                "description": .string(Self.description),
            ],
            "servers": [["url": .string(metadata.issuer.origin)]],
            "paths": .object(JSONObject(paths.map { ($0.path, .object(Self.item($0.operations))) })),
            "components": ["schemas": .object(Self.schemas), "securitySchemes": .object(Self.securitySchemes)],
        ]
    }

    private static let description = """
        An OAuth 2.1 authorization server for MCP. Browsers use authorize, consent and callback; clients and \
        resource servers use the other endpoints.
        """

    private static func item(_ operations: [(method: String, operation: OpenAPIOperation)]) -> JSONObject {
        JSONObject(operations.map { ($0.method, .object($0.operation.json)) })
    }

    // MARK: - Paths

    private typealias PathItem = (path: String, operations: [(method: String, operation: OpenAPIOperation)])

    private var paths: [PathItem] {
        let prefix = metadata.issuer.path
        var paths: [PathItem] = metadata.documentPaths.enumerated().map { index, path in
            (path, [("get", .metadata(index: index))])
        }
        paths.append((prefix + Path.keySet, [("get", .keySet)]))
        paths.append((prefix + Self.path, [("get", .openAPI)]))
        paths.append((prefix + Path.authorization, [("get", .authorization)]))
        paths.append((prefix + Path.consent, [("post", .consent)]))
        paths.append((prefix + Path.callback + "/{upstream}", [("get", .callback)]))
        paths.append((prefix + Path.token, [("post", .token(grantTypes: metadata.grantTypes))]))
        paths.append((prefix + Path.revocation, [("post", .revocation)]))
        paths.append((prefix + Path.introspection, [("post", .introspection)]))
        if metadata.allowsRegistration {
            paths.append((prefix + Path.registration, [("post", .registration)]))
        }
        if metadata.issuesIDTokens {
            paths.append(
                (prefix + Path.userInfo, [("get", .userInfo(method: "get")), ("post", .userInfo(method: "post"))])
            )
        }
        paths.append((prefix + ReportInvalidEndpoint.path, [("post", .reportInvalid)]))
        paths.append((prefix + BackChannelLogoutEndpoint.path + "/{upstream}", [("post", .backChannelLogout)]))
        paths.append((prefix + ConnectionsPage.path, [("get", .connections), ("post", .connectionsForm)]))
        paths.append((prefix + ConnectionsPage.path + "/{id}", [("delete", .disconnection)]))
        paths.append(
            (
                prefix + ConnectLink.path + "/{link}",
                [("get", .connect(method: "get")), ("post", .connect(method: "post"))]
            )
        )
        if answersProxies {
            let methods = ["get", "post", "put", "patch", "delete", "options"]
            paths.append((prefix + ForwardAuthEndpoint.path, methods.map { ($0, .forwardAuth(method: $0)) }))
        }
        return paths
    }

    // MARK: - Components

    private static let securitySchemes: JSONObject = [
        "clientBasic": ["type": "http", "scheme": "basic"],
        "accessToken": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"],
    ]

    private static func object(required: [String], _ properties: JSONObject) -> JSONValue {
        ["type": "object", "required": .strings(required), "properties": .object(properties)]
    }

    private static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]

    private static let schemas: JSONObject = [
        "Error": object(
            required: ["error"],
            ["error": ["type": "string"], "error_description": ["type": "string"], "reason": ["type": "string"]]
        ),
        "TokenResponse": object(
            required: ["access_token", "token_type"],
            [
                "access_token": ["type": "string"], "token_type": ["type": "string"],
                "expires_in": ["type": "integer", "minimum": 0], "scope": ["type": "string"],
                "refresh_token": ["type": "string"], "id_token": ["type": "string"],
                "issued_token_type": ["type": "string"],
            ]
        ),
        "Metadata": object(
            required: ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported"],
            [
                "issuer": ["type": "string"], "authorization_endpoint": ["type": "string"],
                "token_endpoint": ["type": "string"], "jwks_uri": ["type": "string"],
                "response_types_supported": texts, "grant_types_supported": texts, "scopes_supported": texts,
            ]
        ),
        "KeySet": object(required: ["keys"], ["keys": ["type": "array", "items": ["type": "object"]]]),
        "Introspection": object(required: ["active"], ["active": ["type": "boolean"]]),
        "Registration": object(
            required: ["client_id", "client_id_issued_at", "redirect_uris", "token_endpoint_auth_method"],
            [
                "client_id": ["type": "string"], "client_id_issued_at": ["type": "integer"],
                "client_secret": ["type": "string"], "client_secret_expires_at": ["type": "integer"],
                "redirect_uris": texts, "grant_types": texts, "response_types": texts,
                "token_endpoint_auth_method": ["type": "string"],
            ]
        ),
        "ReportEffect": object(
            required: ["upstream", "status"],
            ["upstream": ["type": "string"], "status": ["type": "string"]]
        ),
        "Connections": object(
            required: ["connections", "missing"],
            ["connections": ["type": "array", "items": ["type": "object"]], "missing": texts]
        ),
        "Disconnection": object(
            required: ["id", "upstream", "erased", "provider"],
            [
                "id": ["type": "string"], "upstream": ["type": "string"], "erased": ["type": "boolean"],
                "provider": ["type": "string"],
            ]
        ),
        "UserInfo": object(
            required: ["sub"],
            [
                "sub": ["type": "string"], "name": ["type": "string"], "email": ["type": "string"],
                "email_verified": ["type": "boolean"],
            ]
        ),
    ]
}
