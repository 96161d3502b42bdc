import AuthorizationServer
import HTTPTypes
import OAuthClientKit
import OAuthProtocol
import ServerConfiguration

extension ControlVerb {
    static func clients(_ ground: ControlGround) -> [ControlVerb] {
        let path = ControlPlane.path + "/clients"
        return [
            ControlVerb(
                method: .get,
                path: path,
                summary: "The clients that registered themselves or are known by their documents.",
                perform: { (_) async throws(ControlRefusal) in
                    let listing = try await ControlEndings(ground).admin("GET", "/admin/clients?limit=1000")
                    return ["clients": listing["clients"] ?? .array([])]
                }
            ),
            ControlVerb(
                method: .post,
                path: path,
                summary: "Registers a client, as RFC 7591 says, and returns its metadata with its credentials.",
                members: [
                    Member(name: "redirect_uris", type: "array", summary: "One on loopback without it."),
                    Member(name: "name", type: "string", summary: "The name on the consent page."),
                    Member(
                        name: "method",
                        type: "string",
                        summary: "How it authenticates; none without it.",
                        choices: ["none", "client_secret_basic", "client_secret_post"]
                    ),
                ],
                perform: { (request) async throws(ControlRefusal) in try await register(request, ground) }
            ),
            ControlVerb(
                method: .delete,
                path: path,
                summary: "Removes a client that registered itself, and ends its sessions.",
                members: [Member(name: "client_id", type: "string", summary: "The client.")],
                perform: { (request) async throws(ControlRefusal) in
                    let id = try request.required("client_id")
                    let path = "/admin/clients?" + FormParameters.serialize([("id", id)])
                    return try await ControlEndings(ground).admin("DELETE", path)
                }
            ),
        ]
    }

    private static func register(
        _ request: ControlRequest,
        _ ground: ControlGround
    ) async throws(ControlRefusal) -> JSONObject {
        let client = OAuthTestClient(
            issuer: ground.server.configuration.issuer.text,
            transport: ground.transport,
            resource: nil
        )
        let answer: OAuthTestClient.Answer
        do {
            answer = try await client.register([
                "client_name": .string(request.text("name") ?? "Test client"),
                "redirect_uris": .strings(request.texts("redirect_uris") ?? [client.redirectURI]),
                "token_endpoint_auth_method": .string(request.text("method") ?? "none"),
            ])
        } catch {
            throw ControlRefusal(502, "registration_failed", "the server did not answer: \(error)")
        }
        guard answer.status == 201 else {
            throw ControlRefusal(400, answer.error ?? "registration_failed", answer["error_description"] ?? "")
        }
        return answer.json
    }
}
