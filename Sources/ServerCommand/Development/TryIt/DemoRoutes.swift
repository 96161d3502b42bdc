import AuthorizationServer
import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// The routes of the demo: the page, its buttons, the client's redirect URI, and the MCP server.
struct DemoRoutes: RequestResponder {
    private let router: Router

    /// The routes over a new client without a session.
    init(_ ground: DemoGround) {
        let client = DemoClient(ground)
        var router = Router()
        router.on(.get, "/") { _ in await client.page }
        router.on(.post, "/begin") { request in
            guard Self.isOwnForm(request) else { return Self.foreign }
            return await Self.redirect(to: client.begin())
        }
        router.on(.get, "/callback") { request in
            await client.finish(request.query ?? "")
            return Self.redirect(to: "/")
        }
        for verb in DemoVerb.allCases {
            router.on(.post, verb.path) { request in
                guard Self.isOwnForm(request) else { return Self.foreign }
                await client.perform(verb)
                return Self.redirect(to: "/")
            }
        }
        if ground.servesResource {
            let server = DemoResourceServer(ground)
            router.on(.post, DemoGround.resourcePath) { await server.respond(to: $0) }
            router.on(.get, DemoResourceServer.metadataPath) { _ in server.metadata }
        }
        self.router = router
    }

    func respond(to request: Request) async -> Response {
        guard Self.isOwnHost(request) else {
            return Response(status: .misdirectedRequest, headerFields: [.contentType: "text/plain"])
        }
        return await router.respond(to: request)
    }

    /// DNS rebinding: the name of a foreign page that points here is in `Host`, and the page shows tokens.
    static func isOwnHost(_ request: Request) -> Bool {
        guard let host = request[.host] else { return false }
        return SocketAddress(host) != nil || host.hasPrefix("localhost:")
    }

    /// Whether a form was sent by the page itself: another site's page must not end or begin anything here.
    static func isOwnForm(_ request: Request) -> Bool {
        let origins = request.values(of: .origin)
        return [nil, "same-origin", "none"].contains(request[.secFetchSite])
            && origins.allSatisfy { $0 == "http://" + (request[.host] ?? "") }
    }

    private static let foreign = Response(
        status: .forbidden,
        headerFields: [.contentType: "text/plain", .cacheControl: "no-store"],
        body: Array("This form was not sent from the page of the demo.\n".utf8)
    )

    private static func redirect(to location: String) -> Response {
        Response(status: .seeOther, headerFields: [.location: location, .cacheControl: "no-store"])
    }
}

/// A button of the page.
enum DemoVerb: String, CaseIterable, Sendable {
    case call, retrieve, refresh, expire, disconnect, revoke

    /// Where its form is sent.
    var path: String { "/do/" + rawValue }

    /// What is written on it.
    var label: String {
        switch self {
        case .call: "Call the MCP tool"
        case .retrieve: "Retrieve the upstream token"
        case .refresh: "Refresh"
        case .expire: "Let the access token expire"
        case .disconnect: "Disconnect the account"
        case .revoke: "Revoke"
        }
    }
}
