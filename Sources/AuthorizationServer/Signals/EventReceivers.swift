import OAuthProtocol
import ServerConfiguration
import SocketHTTP

/// Who may have streams of events: the resource servers, each for the tokens that it may be shown.
struct EventReceivers: Sendable {
    private let requests: ClientRequests
    private let resources: ResourceCatalogue
    private let delegations: Delegations

    init(_ configuration: Configuration, resources: ResourceCatalogue, requests: ClientRequests) {
        self.resources = resources
        self.requests = requests
        delegations = Delegations(configuration)
    }

    /// A resource server that asks for events.
    struct Receiver: Sendable {
        /// Its client id.
        let clientID: String
        fileprivate let audiences: ResourceAudiences
        /// Resources whose sessions may be behind tokens for this server; `nil` for all.
        fileprivate let origins: Set<String>?

        /// Whether the end of a session or token of a resource concerns this server.
        func needs(_ resource: String) -> Bool {
            audiences.contains(resource) || origins?.contains(resource) ?? true
        }
    }

    /// The resource server that sent a request, authenticated as at introspection.
    ///
    /// - Throws: `invalid_client`, or `access_denied` for a client that is no resource server.
    func receiver(_ request: Request, _ context: RequestContext) async throws(OAuthError) -> Receiver {
        let client = try await requests.client(inHeaderOf: request, context)
        guard let receiver = receiver(client.id) else {
            throw OAuthError(.accessDenied, "only resource servers receive events")
        }
        return receiver
    }

    /// The receiver with this client id; `nil` when the client is no resource server.
    func receiver(_ clientID: String) -> Receiver? {
        resources.server(clientID).map { server in
            Receiver(
                clientID: clientID,
                audiences: server.audiences,
                origins: delegations.origins { server.audiences.contains($0) }
            )
        }
    }

    /// The answer to a failed request.
    func refusal(_ error: OAuthError, _ request: Request, _ context: RequestContext) async -> Response {
        await requests.refusal(error, request, context).response
    }
}

/// RFC 8693: which resources' tokens may be exchanged for one of another resource, over any number of services.
///
/// A delegated token may carry the handle of the session that it comes from, so its resource must learn of the end of
/// that session, too.
private struct Delegations: Sendable {
    private let targets: [String: [String]]
    private let targetsOfClients: [String]

    init(_ configuration: Configuration) {
        targets = Dictionary(
            configuration.resources.map { ($0.uri, $0.delegationTargets) },
            uniquingKeysWith: { first, second in first + second }
        )
        targetsOfClients = configuration.clients.flatMap(\.delegationTargets)
    }

    /// The resources whose tokens may become one of some resources; `nil` for all of them.
    func origins(_ isOwn: (String) -> Bool) -> Set<String>? {
        var found: Set<String> = []
        // Each round goes one service further back, so there are no more rounds than resources.
        while true {
            let earlier = targets.lazy.filter { $0.value.contains { isOwn($0) || found.contains($0) } }.map(\.key)
            let further = found.union(earlier)
            // A client's own delegation begins with a token of any resource.
            guard !targetsOfClients.contains(where: { isOwn($0) || further.contains($0) }) else { return nil }
            guard further != found else { return found }
            found = further
        }
    }
}
