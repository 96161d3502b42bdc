import OAuthProtocol

/// What several operations have in common.
extension OpenAPIOperation {
    /// The form's parameters by which a client names and authenticates itself.
    static let clientFields = ["client_id", "client_secret", "client_assertion", "client_assertion_type"]
    static let throttled = OpenAPIResponse.error("Too many failures from this address")
    static let unavailable = OpenAPIResponse.error("No change was made; try again")
    static let failed = OpenAPIResponse.error("The server failed")

    /// The answers to the forms of our own pages.
    static let pageAnswers: [(status: Int, response: OpenAPIResponse)] = [
        (200, .page("The result")), (303, .empty("Redirect to the identity provider, or back to the page")),
        (400, .page("The form is invalid")), (403, .page("The form was sent from another site or browser")),
        (404, OpenAPIResponse.page("The connection no longer exists").merging(.error("The path does not exist"))),
        (500, .page("The page could not be created")), (502, .page("The identity provider failed")),
        (503, .page("The identity provider, or this server, is busy")),
    ]
}

extension OpenAPIParameter {
    /// The upstream's name in a path.
    static let upstreamInPath = OpenAPIParameter(
        name: "upstream",
        place: "path",
        isRequired: true,
        pattern: "^[a-z0-9-]+$"
    )

    /// An identifier or a sealed value in a path.
    static func inPath(_ name: String) -> OpenAPIParameter {
        OpenAPIParameter(name: name, place: "path", isRequired: true, pattern: "^[A-Za-z0-9_-]+$")
    }
}
