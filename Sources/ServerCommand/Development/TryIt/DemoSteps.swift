import DevelopmentIdentityProvider
import OAuthClientKit
import OAuthProtocol
import OutboundHTTP

/// What the buttons of the page do that change no token of the client.
struct DemoSteps: Sendable {
    let ground: DemoGround
    let client: OAuthTestClient

    /// Does what a button says; whatever fails is in the step's text.
    func perform(_ verb: DemoVerb, _ session: DemoSession) async -> DemoStep {
        do {
            switch verb {
            case .call: return try await call(session)
            case .retrieve: return try await retrieve(session)
            case .expire: return expire(session)
            case .disconnect: return try await disconnect(session)
            case .refresh, .revoke: return DemoStep(title: verb.label, text: "")
            }
        } catch let refusal as ControlRefusal {
            return DemoStep(title: verb.label, text: "Refused with status \(refusal.status): \(refusal.description).")
        } catch {
            return DemoStep(title: verb.label, text: "There was no answer: \(error)")
        }
    }

    /// Calls the tool over HTTP, as an MCP client does.
    private func call(_ session: DemoSession) async throws -> DemoStep {
        let title = DemoVerb.call.label
        let message: JSONObject = [
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": ["name": .string(DemoResourceServer.toolName), "arguments": [:]],
        ]
        let answer = try await client.send(
            "POST",
            ground.resourceURI,
            headerFields: [
                ("authorization", "Bearer \(session.accessToken)"), ("content-type", "application/json"),
                ("accept", "application/json, text/event-stream"),
            ],
            body: message.serialized()
        )
        guard answer.status == 200 else {
            let text = "The MCP server answered \(answer.status): the access token is no longer accepted."
            return DemoStep(title: title, text: text, answer: answer.json)
        }
        let result = answer.json["result"]?.objectValue ?? [:]
        let connectURI = result["structuredContent"]?.objectValue?["connect_uri"]?.stringValue
        let text =
            result["isError"]?.boolValue == true
            ? "The tool ran and needs the user’s account." : "The tool ran with the user’s upstream token."
        return DemoStep(title: title, text: text, answer: result, connectURI: own(connectURI))
    }

    /// Exchanges the access token for the upstream token, as the MCP server does (RFC 8693).
    private func retrieve(_ session: DemoSession) async throws -> DemoStep {
        let answer = try await client.exchange(
            session.accessToken,
            audience: ground.upstream,
            as: ground.resourceServer
        )
        let text =
            answer.status == 200
            ? "This is what an MCP server gets for its user; the client never sees it."
            : "The server refused with status \(answer.status)."
        return DemoStep(
            title: DemoVerb.retrieve.label,
            text: text,
            answer: answer.json,
            connectURI: own(answer["connect_uri"])
        )
    }

    /// Moves the clock of server and providers past the access token's end.
    private func expire(_ session: DemoSession) -> DemoStep {
        let clock = ground.control.clock
        let left = (session.decoded(1)["exp"]?.integerValue ?? 0) - Int(clock.now().secondsSinceEpoch)
        guard left > 0 else {
            return DemoStep(title: DemoVerb.expire.label, text: "It has already expired: refresh it.")
        }
        // A retrieved token is valid for a little longer than it says, because clocks differ.
        clock.advance(by: .seconds(left + 120))
        return DemoStep(
            title: DemoVerb.expire.label,
            text: "The clock of server and provider is now \((left + 120) / 60) minutes further ahead."
        )
    }

    /// Ends the user's connections, as the user does on the page of connections.
    private func disconnect(_ session: DemoSession) async throws -> DemoStep {
        let user = session.decoded(1)["sub"]?.stringValue ?? ""
        let ended = try await ControlEndings(ground.control).disconnect(user: user, upstream: nil)
        let count = ended["connections"]?.arrayValue?.count ?? 0
        return DemoStep(
            title: DemoVerb.disconnect.label,
            text: count == 0
                ? "Nothing was connected."
                : "The upstream token is erased here and revoked at the provider; call the tool to see what it asks for.",
            answer: ended
        )
    }

    /// An address that the page may link to: one of the server's own.
    private func own(_ uri: String?) -> String? {
        uri.flatMap { $0.hasPrefix(client.issuer + "/") ? $0 : nil }
    }
}
