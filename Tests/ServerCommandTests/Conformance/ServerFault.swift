import OAuthProtocol
import OutboundHTTP

@testable import ServerCommand

/// A fault of an authorization server, and the rules that it breaks.
struct ServerFault: Sendable {
    let name: String
    /// Each must be reported as broken, in at least one of its checks.
    let rules: Set<String>
    let distort: DistortedServer.Distortion

    static let all = metadata + registration + authorization + tokenRequests + tokens

    private static let metadata: [ServerFault] = [
        ServerFault(
            name: "metadata as a page",
            rules: ["MD-1"],
            distort: DistortedServer.answers(to: "/.well-known/o") { response, _ in
                response.set("content-type", "text/html")
            }
        ),
        ServerFault(
            name: "another issuer, with a query",
            rules: ["MD-3"],
            distort: DistortedServer.metadata { $0["issuer"] = "http://as.example/?tenant=1" }
        ),
        ServerFault(
            name: "two documents that differ",
            rules: ["MD-2"],
            distort: DistortedServer.json(of: "openid-configuration") { json, _ in
                json["token_endpoint"] = "http://127.0.0.1/other"
            }
        ),
        ServerFault(
            name: "a page for every address",
            rules: ["MD-4"],
            distort: DistortedServer.answers(to: "/.well-known/no-such") { response, _ in response.status = 200 }
        ),
        ServerFault(
            name: "nothing for public clients with PKCE",
            rules: ["MD-5", "AZ-8"],
            distort: DistortedServer.metadata { json in
                json["response_types_supported"] = ["token"]
                json["code_challenge_methods_supported"] = ["plain"]
                json["token_endpoint_auth_methods_supported"] = ["client_secret_basic"]
            }
        ),
        ServerFault(
            name: "a null, and an endpoint that does not exist",
            rules: ["MD-7"],
            distort: DistortedServer.metadata { json in
                json["service_documentation"] = .null
                json["revocation_endpoint"] = (json["issuer"]?.stringValue).map { .string($0 + "/nowhere") }
            }
        ),
        ServerFault(
            name: "private keys in the set",
            rules: ["MD-9"],
            distort: DistortedServer.json(of: "jwks") { json, _ in
                json["keys"] = .array([["kty": "EC", "kid": "a", "d": "secret"]])
            }
        ),
        ServerFault(
            name: "an unknown header is an error",
            rules: ["MD-10"],
            distort: DistortedServer.answers(to: "/.well-known/") { response, request in
                if request.headerFields.contains(where: { $0.name == "mcp-protocol-version" }) { response.status = 400 }
            }
        ),
        ServerFault(
            name: "the forwarded host is believed",
            rules: ["D-71"],
            distort: DistortedServer.json(of: "/.well-known/") { json, request in
                let host = request.headerFields.first { $0.name == "x-forwarded-host" }?.value
                if let host { json["issuer"] = .string("https://" + host) }
            }
        ),
        ServerFault(
            name: "no CORS",
            rules: ["CX-1"],
            distort: DistortedServer.answers(to: "") { response, _ in
                response.set("access-control-allow-origin", nil)
            }
        ),
        ServerFault(
            name: "credentials for the pages of everyone",
            rules: ["D-78"],
            distort: DistortedServer.answers(to: "") { response, request in
                response.set("access-control-allow-origin", request.headerFields.first { $0.name == "origin" }?.value)
                response.set("access-control-allow-credentials", "true")
            }
        ),
        ServerFault(
            name: "iss is not offered",
            rules: ["AZ-14"],
            distort: DistortedServer.metadata { $0["authorization_response_iss_parameter_supported"] = false }
        ),
        ServerFault(
            name: "proofs with shared secrets",
            rules: ["DP-1"],
            distort: DistortedServer.metadata { $0["dpop_signing_alg_values_supported"] = ["ES256", "HS256"] }
        ),
    ]

    private static let registration: [ServerFault] = [
        ServerFault(
            name: "a careless registration answer",
            rules: ["CR-1", "FD-7", "CR-8", "CR-9"],
            distort: DistortedServer.answers(to: "/register") { response, _ in
                response = OutboundResponse(
                    status: 200,
                    headerFields: [("content-type", "application/json")],
                    body: ([
                        "client_id": "https://as.example/client", "client_secret": "secret", "scope": .null,
                        "redirect_uris": ["http://127.0.0.1:51004/callback/"],
                    ] as JSONObject).serialized()
                )
            }
        ),
        ServerFault(
            name: "every registration is accepted",
            rules: ["CR-2", "D-5", "D-7", "CR-11"],
            distort: DistortedServer.answers(to: "/register") { response, _ in
                if response.status == 400 { response = .json(201, ["client_id": "x"]) }
            }
        ),
    ]

    private static let authorization: [ServerFault] = [
        ServerFault(
            name: "a code for every request, at any address",
            rules: [
                "D-1", "D-2", "D-3", "D-4", "D-9", "D-11", "D-45", "AZ-5", "AZ-6", "AZ-7", "AZ-8", "AZ-9", "AZ-10",
                "AZ-14", "AZ-21",
            ],
            distort: { (request, base) async throws(OutboundError) in
                guard request.url.contains("/authorize?"), let uri = request.form?.values("redirect_uri").last else {
                    return try await base.send(request)
                }
                return OutboundResponse(
                    status: 302,
                    headerFields: [("location", uri + (uri.contains("?") ? "&" : "?") + "code=x")]
                )
            }
        ),
        ServerFault(
            name: "the port of a loopback redirect is compared",
            rules: ["AZ-6"],
            distort: DistortedServer.answers(to: "51999") { response, _ in
                response = OutboundResponse(status: 400)
            }
        ),
        ServerFault(
            name: "responses without iss and with another state",
            rules: ["AZ-14", "AZ-13"],
            distort: DistortedServer.answers(to: "") { response, _ in
                // Not the provider's answers to the server.
                guard let location = response.values(of: "location").first,
                    location.hasPrefix(ConformanceSubject.loopbackRedirect)
                else { return }
                let kept = location.split(separator: "&").filter { !$0.hasPrefix("iss=") && !$0.hasPrefix("state=") }
                response.set("location", kept.joined(separator: "&") + "&state=STATE")
            }
        ),
        ServerFault(
            name: "a pushed request within a pushed request",
            rules: ["PA-1"],
            distort: DistortedServer.answers(to: "/par") { response, _ in response.status = 201 }
        ),
        ServerFault(
            name: "an authorization page without protection",
            rules: ["AZ-17", "AZ-18", "D-57"],
            distort: DistortedServer.answers(to: "/authorize?") { response, _ in
                for name in ["cache-control", "x-frame-options", "content-security-policy"] { response.set(name, nil) }
                response.set("access-control-allow-origin", "*")
            }
        ),
        ServerFault(
            name: "redirects that repeat a POST",
            rules: ["D-23"],
            distort: DistortedServer.answers(to: "/consent") { response, _ in
                if response.status == 303 { response.status = 307 }
            }
        ),
    ]
}
