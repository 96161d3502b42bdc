import OAuthProtocol

/// The operations around upstream connections: reports, the API and the pages, connect in place, proxies, logout.
extension OpenAPIOperation {
    /// VR-12: a resource server's report.
    static let reportInvalid = OpenAPIOperation(
        id: "reportInvalid",
        summary: "Takes a resource server's word that an upstream API refused a token from here.",
        body: .form(
            required: ["subject_token", "subject_token_type", "audience"],
            optional: clientFields + ["account", "token_sha256"]
        ),
        security: ["clientBasic"],
        responses: [
            (200, .json("What the report leads to", "ReportEffect")), (400, .error("The request is refused")),
            (401, .error("The caller is unknown or did not prove itself")),
            (429, .error("The token was replaced just now, or too many failures from this address")),
            (500, failed), (503, unavailable),
        ]
    )

    /// `GET /connections`.
    static let connections = OpenAPIOperation(
        id: "listConnections",
        summary: "A user's upstream connections: JSON for the bearer of an access token, a page for a browser.",
        security: ["accessToken"],
        responses: [
            (200, OpenAPIResponse.json("The connections", "Connections").merging(.page("The page"))),
            (401, .error("The access token is missing or not good")), (500, .page("The page could not be made")),
        ]
    )

    /// `POST /connections`.
    static let connectionsForm = OpenAPIOperation(
        id: "changeConnections",
        summary: "Takes what a person does on the page of connections.",
        body: .form(required: ["ticket"], optional: ["sign_in", "sign_out", "connect", "disconnect"]),
        responses: pageAnswers
    )

    /// `DELETE /connections/{id}`.
    static let disconnection = OpenAPIOperation(
        id: "disconnect",
        summary: "Ends a connection: erased here, revoked at the provider, both told.",
        parameters: [OpenAPIParameter(name: "id", place: "path", isRequired: true, pattern: "^[A-Za-z0-9_-]+$")],
        security: ["accessToken"],
        responses: [
            (200, .json("What came of it", "Disconnection")), (401, .error("The access token is missing or not good")),
            (404, .error("There is no such connection of this user")), (503, unavailable),
        ]
    )

    /// `/connections/connect/{link}`, behind a `connect_uri`.
    static func connect(method: String) -> OpenAPIOperation {
        OpenAPIOperation(
            id: method == "get" ? "showConnect" : "connect",
            summary: "Connects one upstream in place, for the user whom the link was made for.",
            parameters: [OpenAPIParameter(name: "link", place: "path", isRequired: true, pattern: "^[A-Za-z0-9_-]+$")],
            body: method == "get" ? nil : .form(required: ["ticket"], optional: ["sign_in", "sign_out", "decision"]),
            responses: method == "get"
                ? [
                    (200, .page("The page")), (400, .page("The link has expired")),
                    (403, .page("The link is somebody else's")),
                    (404, OpenAPIResponse.page("There is no such link").merging(.error("There is no such path"))),
                    (500, .page("The page could not be made")),
                ]
                : pageAnswers
        )
    }

    private static let pageAnswers: [(status: Int, response: OpenAPIResponse)] = [
        (200, .page("The result")), (303, .empty("To the identity provider, or back to the page")),
        (400, .page("The form cannot be used")), (403, .page("The form came from elsewhere")),
        (404, OpenAPIResponse.page("It is not there any more").merging(.error("There is no such path"))),
        (500, .page("The page could not be made")), (502, .page("The identity provider failed")),
        (503, .page("The identity provider, or this server, is busy")),
    ]

    /// What nginx, Envoy and Traefik ask before they let a request through.
    static func forwardAuth(method: String) -> OpenAPIOperation {
        OpenAPIOperation(
            id: "forwardAuth" + method.prefix(1).uppercased() + method.dropFirst(),
            summary: "Checks a request's access token for a proxy, and yields identity and upstream headers.",
            parameters: [OpenAPIParameter(name: "resource"), OpenAPIParameter(name: "scope")],
            security: ["accessToken"],
            responses: [
                (200, .empty("Let through, with these headers")), (400, .error("The proxy's request is refused")),
                (401, .error("The access token is missing, or not good for the resource")),
                (403, .error("The proxy's secret is missing or wrong, or the token lacks a scope")),
                (429, throttled), (500, failed), (503, unavailable),
            ]
        )
    }

    /// OpenID Connect Back-Channel Logout 1.0 §2.5.
    static let backChannelLogout = OpenAPIOperation(
        id: "backChannelLogout",
        summary: "Takes an identity provider's word that a user signed out there.",
        parameters: [
            OpenAPIParameter(name: "upstream", place: "path", isRequired: true, pattern: "^[a-z0-9-]+$")
        ],
        body: .form(required: ["logout_token"], optional: []),
        responses: [
            (200, .empty("What the token names has ended")), (400, .error("The token is refused")),
            (404, .error("There is no such provider")), (429, throttled), (503, unavailable),
        ]
    )
}
