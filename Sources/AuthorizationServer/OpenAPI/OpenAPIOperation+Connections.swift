import OAuthProtocol

/// The operations around upstream connections: reports, the API and the pages, connect in place, proxies, logout.
extension OpenAPIOperation {
    /// VR-12: a resource server's report.
    static let reportInvalid = OpenAPIOperation(
        id: "reportInvalid",
        summary: "Reports that an upstream API refused a retrieved token.",
        body: .form(
            required: ["subject_token", "subject_token_type", "audience"],
            optional: clientFields + ["account", "token_sha256"]
        ),
        security: ["clientBasic"],
        responses: [
            (200, .json("The effect of the report", "ReportEffect")), (400, .error("The request is refused")),
            (401, .error("The caller is unknown or not authenticated")),
            (429, .error("The token was replaced recently, or too many failures from this address")),
            (500, failed), (503, unavailable),
        ]
    )

    /// `GET /connections`.
    static let connections = OpenAPIOperation(
        id: "listConnections",
        summary: "Lists a user's upstream connections: JSON with an access token, a page in a browser.",
        security: ["accessToken"],
        responses: [
            (200, OpenAPIResponse.json("The connections", "Connections").merging(.page("The page"))),
            (401, .error("The access token is missing or invalid")), (500, .page("The page could not be created")),
        ]
    )

    /// `POST /connections`.
    static let connectionsForm = OpenAPIOperation(
        id: "changeConnections",
        summary: "Processes the form on the page of connections.",
        body: .form(required: ["ticket"], optional: ["sign_in", "sign_out", "connect", "disconnect"]),
        responses: pageAnswers
    )

    /// `DELETE /connections/{id}`.
    static let disconnection = OpenAPIOperation(
        id: "disconnect",
        summary: "Ends a connection: erases it, revokes it at the provider, and reports both results.",
        parameters: [OpenAPIParameter(name: "id", place: "path", isRequired: true, pattern: "^[A-Za-z0-9_-]+$")],
        security: ["accessToken"],
        responses: [
            (200, .json("The results", "Disconnection")), (401, .error("The access token is missing or invalid")),
            (404, .error("The user has no such connection")), (503, unavailable),
        ]
    )

    /// `/connections/connect/{link}`, behind a `connect_uri`.
    static func connect(method: String) -> OpenAPIOperation {
        OpenAPIOperation(
            id: method == "get" ? "showConnect" : "connect",
            summary: "Connects one upstream of the user to whom the link belongs.",
            parameters: [OpenAPIParameter(name: "link", place: "path", isRequired: true, pattern: "^[A-Za-z0-9_-]+$")],
            body: method == "get" ? nil : .form(required: ["ticket"], optional: ["sign_in", "sign_out", "decision"]),
            responses: method == "get"
                ? [
                    (200, .page("The page")), (400, .page("The link has expired")),
                    (403, .page("The link belongs to another user")),
                    (404, OpenAPIResponse.page("The link does not exist").merging(.error("The path does not exist"))),
                    (500, .page("The page could not be created")),
                ]
                : pageAnswers
        )
    }

    private static let pageAnswers: [(status: Int, response: OpenAPIResponse)] = [
        (200, .page("The result")), (303, .empty("Redirect to the identity provider, or back to the page")),
        (400, .page("The form is invalid")), (403, .page("The form was sent from another site or browser")),
        (404, OpenAPIResponse.page("The connection no longer exists").merging(.error("The path does not exist"))),
        (500, .page("The page could not be created")), (502, .page("The identity provider failed")),
        (503, .page("The identity provider, or this server, is busy")),
    ]

    /// The request of nginx, Envoy and Traefik before they grant access.
    static func forwardAuth(method: String) -> OpenAPIOperation {
        OpenAPIOperation(
            id: "forwardAuth" + method.prefix(1).uppercased() + method.dropFirst(),
            summary: "Checks a request's access token for a proxy, and returns identity and upstream headers.",
            parameters: [OpenAPIParameter(name: "resource"), OpenAPIParameter(name: "scope")],
            security: ["accessToken"],
            responses: [
                (200, .empty("Access is granted, with these headers")), (400, .error("The proxy's request is refused")),
                (401, .error("The access token is missing, or invalid for the resource")),
                (403, .error("The proxy's secret is missing or wrong, or the token lacks a scope")),
                (429, throttled), (500, failed), (503, unavailable),
            ]
        )
    }

    /// OpenID Connect Back-Channel Logout 1.0 §2.5.
    static let backChannelLogout = OpenAPIOperation(
        id: "backChannelLogout",
        summary: "Receives an identity provider's notice that a user signed out.",
        parameters: [
            OpenAPIParameter(name: "upstream", place: "path", isRequired: true, pattern: "^[a-z0-9-]+$")
        ],
        body: .form(required: ["logout_token"], optional: []),
        responses: [
            (200, .empty("The sessions that the token names have ended")), (400, .error("The token is refused")),
            (404, .error("The provider does not exist")), (429, throttled), (503, unavailable),
        ]
    )
}
