import HTTPTypes
import OAuthProtocol
import OAuthState
import ServerConfiguration
import SocketHTTP

/// Who may make agents through the API: the holder of a user's own access token with the scope `agents`.
struct AgentAccess: Sendable {
    let access: ResourceAccess
    let resources: ResourceCatalogue

    /// Who makes the request, with the session and the scopes of its token, or the answer to a token that gives no
    /// access: one that is not live, was delegated, is an agent's own, or lacks the scope.
    func authorize(_ request: Request, _ context: RequestContext) async -> Result<Maker, AgentRefusal> {
        let granted: ResourceAccess.Granted
        do throws(ResourceAccess.Refusal) {
            granted = try await access.granted(request, audiences: resources.audiences, context)
        } catch {
            return .failure(AgentRefusal(response: access.answer(error, context)))
        }
        let claims = granted.live.token.claims
        // RFC 8693 §1.1: an actor must not outlast what it was given. An agent makes no agents.
        guard let session = granted.live.session, claims.actor == nil, session.agent == nil else {
            let refusal = ResourceAccess.Refusal.token(.withoutUser, withProof: claims.boundKey != nil)
            return .failure(AgentRefusal(response: access.answer(refusal, context)))
        }
        // The token's own scopes count: a client may have asked for fewer than its session has.
        let held = claims.scope.split(separator: " ")
        guard held.contains(where: { $0 == ScopeSet.agents }) else {
            var response = Response.error(
                OAuthError(.insufficientScope, "agents require the scope \(ScopeSet.agents)")
            )
            response.headerFields[.wwwAuthenticate] =
                "Bearer error=\"insufficient_scope\", scope=\"\(ScopeSet.agents)\""
            return .failure(AgentRefusal(response: response))
        }
        let scopes = session.scopes.filter { scope in held.contains { $0 == scope } }
        return .success(Maker(session: session, scopes: scopes, nonce: granted.nonce))
    }

    /// The holder of a token that may make agents.
    struct Maker: Sendable {
        let session: Session
        /// The scopes of the token.
        let scopes: ScopeSet
        /// The nonce that the answer brings (RFC 9449 §8.2).
        let nonce: String?
    }
}

/// The answer to a request whose token gives no access to agents.
struct AgentRefusal: Error {
    let response: Response
}

/// `POST /agents` makes an agent, `GET /agents` lists those that the client has made for the resource of its token.
struct AgentsEndpoint: Endpoint {
    let access: AgentAccess
    let agents: AgentTokens

    /// The path, relative to the issuer.
    static let path = "/agents"

    func respond(to request: Request, context: RequestContext) async -> Response {
        let maker: AgentAccess.Maker
        switch await access.authorize(request, context) {
        case .success(let found): maker = found
        case .failure(let refusal): return refusal.response
        }
        do throws(OAuthError) {
            guard request.method == .post else {
                let own = try await agents.list(
                    of: maker.session.userID,
                    madeBy: maker.session,
                    now: context.now
                )
                let json: JSONObject = ["agents": .array(own.map { .object($0.agentView) })]
                return .json(json.serialized()).bringing(nonce: maker.nonce)
            }
            let made = try await agents.make(try order(request, maker), by: "client", context)
            var json = made.session.agentView
            json["agent_token"] = .string(made.token.wireValue)
            return .json(json.serialized(), status: .created).bringing(nonce: maker.nonce)
        } catch {
            return .error(error)
        }
    }

    private func order(_ request: Request, _ maker: AgentAccess.Maker) throws(OAuthError) -> AgentTokens.Order {
        let contentTypes = request.values(of: .contentType)
        guard contentTypes.count == 1, FormBody.mediaType(contentTypes[0]) == "application/json" else {
            throw OAuthError(.invalidRequest, "Content-Type must be application/json")
        }
        let body: JSONObject
        do { body = try JSONParser.parseObject(request.body) } catch {
            throw OAuthError(.invalidRequest, "the body must be a JSON object without repeated members")
        }
        let known: Set = ["name", "scope", "upstreams", "expires_in"]
        // What is not understood must not be thought to hold: a wrong member may be a restriction.
        if let member = body.names.first(where: { !known.contains($0) }) {
            throw OAuthError(.invalidRequest, "unknown member \(member.prefix(40).filter(\.isLetter))")
        }
        guard let name = body["name"]?.stringValue else { throw OAuthError(.invalidRequest, "name must be a string") }
        let resource = try access.resources.resource(maker.session.resource)
        return AgentTokens.Order(
            maker: AgentTokens.Maker(userID: maker.session.userID, parent: maker.session, scopes: maker.scopes),
            name: name,
            resource: resource,
            scopes: try scopes(body["scope"]) ?? AgentTokens.grantable(maker.scopes, resource),
            upstreams: try upstreams(body["upstreams"]),
            lifetime: try lifetime(body["expires_in"])
        )
    }

    private func scopes(_ value: JSONValue?) throws(OAuthError) -> ScopeSet? {
        guard let value else { return nil }
        guard let text = value.stringValue else { throw OAuthError(.invalidRequest, "scope must be a string") }
        return try ScopeSet(parsing: text)
    }

    private func upstreams(_ value: JSONValue?) throws(OAuthError) -> [String]? {
        guard let value else { return nil }
        guard let names = value.stringArrayValue, Set(names).count == names.count, names.count <= 64 else {
            throw OAuthError(.invalidRequest, "upstreams must be an array of names")
        }
        return names
    }

    private func lifetime(_ value: JSONValue?) throws(OAuthError) -> Duration {
        guard let value else { return agents.settings.lifetimeMax }
        guard let seconds = value.integerValue, (1...1_000_000_000).contains(seconds) else {
            throw OAuthError(.invalidRequest, "expires_in must be a number of seconds")
        }
        return .seconds(seconds)
    }
}

/// `DELETE /agents/{id}` ends an agent that the client has made.
struct AgentEndpoint: Endpoint {
    let access: AgentAccess
    let agents: AgentTokens

    func respond(to request: Request, context: RequestContext) async -> Response {
        let maker: AgentAccess.Maker
        switch await access.authorize(request, context) {
        case .success(let found): maker = found
        case .failure(let refusal): return refusal.response
        }
        do throws(OAuthError) {
            // Another user's or client's agent is answered like one that never existed.
            guard let id = request.pathParameter.flatMap(SessionID.init),
                try await agents.end(id, of: maker.session.userID, madeBy: maker.session, by: "client", context)
            else { return .noSuchRow }
            return Response(status: .noContent, headerFields: [.cacheControl: "no-store"], body: [])
                .bringing(nonce: maker.nonce)
        } catch {
            return .error(error)
        }
    }
}

extension AgentsEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                path: Self.path,
                name: "agents",
                methods: [.method(.get, Self.listing), .method(.post, Self.making)]
            )
        ]
    }

    static let refused: [(status: Int, response: OpenAPIResponse)] = [
        (401, .error("The access token is missing or invalid")), (403, .error("The token or the user may not do this")),
        (503, OpenAPIOperation.unavailable),
    ]

    private static let listing = OpenAPIOperation(
        id: "listAgents",
        summary: "Lists the agents that the client has made for the resource of its token; needs the scope agents.",
        security: ["accessToken"],
        responses: [(200, .json("The agents", .agents))] + refused
    )

    private static let making = OpenAPIOperation(
        id: "makeAgent",
        summary: "Makes a token with which an agent acts for the user; needs the scope agents. It is shown once.",
        body: OpenAPIBody(
            mediaType: "application/json",
            schema: [
                "type": "object", "required": ["name"], "additionalProperties": false,
                "properties": [
                    "name": ["type": "string"], "scope": ["type": "string"],
                    "upstreams": ["type": "array", "items": ["type": "string"]], "expires_in": ["type": "integer"],
                ],
            ]
        ),
        security: ["accessToken"],
        responses: [(201, .json("The agent with its token", .agent)), (400, .error("The request is refused"))] + refused
    )
}

extension AgentEndpoint {
    var surfaces: [Surface] {
        [Surface(.delete, AgentsEndpoint.path + "/{id}", name: "agents", Self.operation)]
    }

    private static let operation = OpenAPIOperation(
        id: "endAgent",
        summary: "Ends an agent that the client has made; needs the scope agents.",
        parameters: [.inPath("id")],
        security: ["accessToken"],
        responses: [(204, .empty("The agent has ended")), (404, .error("There is no such agent"))]
            + AgentsEndpoint.refused
    )
}

extension OpenAPISchema {
    fileprivate static let agent = OpenAPISchema(
        "Agent",
        required: ["id", "name", "client_id", "resource", "scope", "expires_at"],
        [
            "id": ["type": "string"], "name": ["type": "string"], "client_id": ["type": "string"],
            "resource": ["type": "string"], "scope": ["type": "string"], "expires_at": ["type": "string"],
            "created_at": ["type": "string"], "last_used_at": ["type": "string"], "agent_token": ["type": "string"],
        ]
    )

    fileprivate static let agents = OpenAPISchema(
        "Agents",
        required: ["agents"],
        ["agents": ["type": "array", "items": ["type": "object"]]]
    )
}
