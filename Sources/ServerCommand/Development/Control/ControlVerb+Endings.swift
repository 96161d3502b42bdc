import AuthorizationServer
import DevelopmentIdentityProvider
import HTTPTypes
import OAuthProtocol
import OutboundHTTP

extension ControlVerb {
    static func endings(_ ground: ControlGround) -> [ControlVerb] {
        sessionEndings(ground) + providerEndings(ground)
    }

    private static func sessionEndings(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path
        return [
            ControlVerb(
                method: .post,
                path: path + "/end",
                summary: "Ends sessions, as an operator does: none of their tokens can be used here any longer.",
                members: [
                    Member(name: "session", type: "string", summary: "One session: the `tsid` of its tokens."),
                    Member(name: "user", type: "string", summary: "All of a user: the `sub` of the tokens."),
                    Member(name: "client", type: "string", summary: "All of a client: its `client_id`."),
                ],
                perform: { (request) async throws(ControlRefusal) in try await ControlEndings(ground).end(request) }
            ),
            ControlVerb(
                method: .post,
                path: path + "/disconnect",
                summary: "Ends a user's connections, here and at the provider.",
                members: [
                    Member(name: "user", type: "string", summary: "The `sub` of the user's tokens."),
                    Member(name: "upstream", type: "string", summary: "Only at this upstream."),
                ],
                perform: { (request) async throws(ControlRefusal) in
                    try await ControlEndings(ground).disconnect(request)
                }
            ),
        ]
    }

    private static func providerEndings(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path
        return [
            ControlVerb(
                method: .post,
                path: path + "/revoke",
                summary: "Makes a provider forget what a user has granted, as a user does in the account's settings.",
                members: [
                    Member(name: "user", type: "string", summary: "The user's subject at the provider, such as ada."),
                    Member(name: "upstream", type: "string", summary: "At this provider; at all without it."),
                    Member(
                        name: "tokens",
                        type: "string",
                        summary: "Access tokens only, or the whole grant.",
                        choices: ["access", "all"]
                    ),
                ],
                perform: { (request) async throws(ControlRefusal) in try await revoke(request, ground) }
            ),
            ControlVerb(
                method: .post,
                path: path + "/keys/rotate",
                summary: "Signs with a new key from now on, here or at a provider.",
                members: [
                    Member(name: "upstream", type: "string", summary: "At this provider; the server without it."),
                    Member(
                        name: "keep_old",
                        type: "boolean",
                        summary: "Whether the provider still publishes the old key."
                    ),
                ],
                perform: { (request) async throws(ControlRefusal) in try await rotate(request, ground) }
            ),
            ControlVerb(
                method: .post,
                path: path + "/reset",
                summary:
                    "Ends every session, connection and self-registered client; removes faults, requests, users, resources.",
                perform: { (_) async throws(ControlRefusal) in try await ControlEndings(ground).reset() }
            ),
        ]
    }

    private static func revoke(
        _ request: ControlRequest,
        _ ground: ControlGround
    ) async throws(ControlRefusal) -> JSONObject {
        let user = try request.required("user")
        try await ground.checkUser(user)
        let chosen =
            request.text("upstream") == nil ? ground.upstreams : [try ground.provider(request.text("upstream"))]
        for (_, provider) in chosen {
            if request.text("tokens") == "access" {
                await provider.revokeAccessTokens(of: user)
            } else {
                await provider.revokeGrants(of: user)
            }
        }
        return ["user": .string(user), "upstreams": .strings(chosen.map(\.upstream.name))]
    }

    private static func rotate(
        _ request: ControlRequest,
        _ ground: ControlGround
    ) async throws(ControlRefusal) -> JSONObject {
        guard let name = request.text("upstream") else {
            guard request.flag("keep_old") == nil else {
                throw .invalid("keep_old is only for an upstream; the server always publishes its old key")
            }
            return try await ControlEndings(ground).admin("POST", "/admin/keys/rotate?force=true")
        }
        do {
            try ground.provider(name).provider.rotateKeys(keepingOld: request.flag("keep_old") ?? true)
        } catch let refusal as ControlRefusal {
            throw refusal
        } catch {
            throw ControlRefusal(500, "server_error", "no key could be made: \(error)")
        }
        return ["upstream": .string(name)]
    }
}

/// Ends what an operator can end, by the verbs that an operator has.
struct ControlEndings {
    private let ground: ControlGround

    init(_ ground: ControlGround) {
        self.ground = ground
    }

    func end(_ request: ControlRequest) async throws(ControlRefusal) -> JSONObject {
        switch (request.text("session"), request.text("user"), request.text("client")) {
        case (let session?, nil, nil): return try await admin("DELETE", "/admin/sessions/" + segment(session))
        case (nil, let user?, nil):
            return try await admin("POST", "/admin/end-all", form: FormParameters.serialize([("user", user)]))
        case (nil, nil, let client?):
            return try await admin("POST", "/admin/end-all", form: FormParameters.serialize([("client", client)]))
        default: throw .invalid("give session, user or client")
        }
    }

    func disconnect(_ request: ControlRequest) async throws(ControlRefusal) -> JSONObject {
        try await disconnect(user: try request.required("user"), upstream: request.text("upstream"))
    }

    /// Ends a user's connections, or the one at an upstream.
    func disconnect(user: String, upstream name: String?) async throws(ControlRefusal) -> JSONObject {
        if name != nil { _ = try ground.provider(name) }
        let listing = try await admin("GET", "/admin/users/\(segment(user))/connections")
        var ended: [JSONValue] = []
        for row in listing["connections"]?.arrayValue ?? [] {
            guard let connection = row.objectValue, let id = connection["id"]?.stringValue,
                name == nil || connection["upstream"]?.stringValue == name
            else { continue }
            ended.append(.object(try await admin("DELETE", "/admin/connections/" + id)))
        }
        return ["connections": .array(ended)]
    }

    /// Ends every connection at an upstream.
    func endConnections(at upstream: String) async throws(ControlRefusal) {
        let path = "/admin/upstreams/\(upstream)/connections"
        while try await admin("DELETE", path)["remaining"]?.boolValue == true {}
    }

    func reset() async throws(ControlRefusal) -> JSONObject {
        ground.clearFaults()
        // Sessions may have begun at any time that the clock was set to.
        _ = try await admin("POST", "/admin/end-all", form: "before=99999999999")
        for (upstream, _) in ground.upstreams { try await endConnections(at: upstream.name) }
        while true {
            let clients = try await admin("GET", "/admin/clients?limit=1000")["clients"]?.arrayValue ?? []
            let ids = clients.compactMap { $0.objectValue?["client_id"]?.stringValue }.filter { !$0.contains("://") }
            guard !ids.isEmpty else { break }
            for id in ids {
                _ = try await admin("DELETE", "/admin/clients?" + FormParameters.serialize([("id", id)]))
            }
        }
        // Revocations at the providers, whose requests belong to what ends here.
        await ground.server.work.idle()
        if ground.settings.hasAdded { try await ground.removeAdded() }
        ground.clock.reset()
        for (_, provider) in ground.upstreams {
            for user in await provider.users { await provider.removeUser(user.subject) }
            for user in [DevelopmentUser.ada, .grace] { await provider.setUser(user) }
            provider.clearCapturedRequests()
        }
        ground.requests.clear()
        ground.audit.clear()
        return ["now": .integer(Int(ground.clock.now().secondsSinceEpoch))]
    }

    /// One path segment; what cannot be one names nothing.
    private func segment(_ text: String) -> String {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/?#%".utf8.contains($0) } && !text.isEmpty ? text : "-"
    }

    /// Sends a request to the management listener; its refusals are passed on.
    func admin(_ method: String, _ path: String, form: String? = nil) async throws(ControlRefusal) -> JSONObject {
        guard let address = ground.server.managementAddress else {
            throw ControlRefusal(503, "unavailable", "the management listener is off")
        }
        var fields = [(name: "authorization", value: "Bearer \(ground.adminToken)")]
        if form != nil { fields.append(("content-type", "application/x-www-form-urlencoded")) }
        do {
            let response = try await ground.transport.send(
                OutboundRequest(
                    method: method,
                    url: "http://\(address)\(path)",
                    headerFields: fields,
                    body: Array((form ?? "").utf8),
                    // A rotation makes keys, which takes long where many tests share a core.
                    limits: .init(connectTimeout: .seconds(20), totalTimeout: .seconds(60)),
                    addressPolicy: .loopbackAllowed
                )
            )
            let json = try JSONParser.parseObject(response.body)
            guard response.status == 200 else {
                throw ControlRefusal(
                    response.status,
                    json["error"]?.stringValue ?? "refused",
                    json["error_description"]?.stringValue ?? "nothing has this id"
                )
            }
            return json
        } catch let refusal as ControlRefusal {
            throw refusal
        } catch {
            throw ControlRefusal(502, "unavailable", "the management listener did not answer: \(error)")
        }
    }
}
