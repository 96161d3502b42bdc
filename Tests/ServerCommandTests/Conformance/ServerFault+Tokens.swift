import OAuthProtocol
import OutboundHTTP

extension ServerFault {
    static let tokenRequests: [ServerFault] = [
        ServerFault(
            name: "the token endpoint fails at what is not a form",
            rules: ["TK-1"],
            distort: DistortedServer.answers(to: "/token") { response, request in
                let type = request.headerFields.first { $0.name == "content-type" }?.value
                if type != "application/x-www-form-urlencoded" { response.status = 500 }
            }
        ),
        ServerFault(
            name: "errors of the token endpoint as pages",
            rules: ["TK-2"],
            distort: DistortedServer.answers(to: "/token") { response, _ in
                response.set("content-type", "text/html")
                response.set("cache-control", nil)
            }
        ),
        ServerFault(
            name: "one error for everything",
            rules: ["TK-7", "TK-11", "TK-12", "D-9"],
            distort: DistortedServer.answers(to: "/token") { response, _ in
                if response.status >= 400 { response = .json(400, ["error": "server_error"]) }
            }
        ),
        ServerFault(
            name: "revocation of an unknown token is an error",
            rules: ["RV-1"],
            distort: DistortedServer.answers(to: "/revoke") { response, _ in
                response = .json(400, ["error": "invalid_request"])
            }
        ),
        ServerFault(
            name: "introspection for everyone",
            rules: ["IN-1"],
            distort: DistortedServer.answers(to: "/introspect") { response, _ in
                response = .json(200, ["active": false])
            }
        ),
    ]

    static let tokens: [ServerFault] = [
        ServerFault(
            name: "a token answer with the least",
            rules: ["TK-3"],
            distort: DistortedServer.answers(to: "/token") { response, _ in
                response.edit { $0 = ["access_token": $0["access_token"] ?? .null, "token_type": "mac"] }
                response.set("cache-control", nil)
            }
        ),
        ServerFault(
            name: "a lifetime that is not the token's",
            rules: ["JW-4"],
            distort: DistortedServer.json(of: "/token") { json, _ in json["expires_in"] = 5 }
        ),
        ServerFault(
            name: "tokens for every token request",
            rules: ["D-13", "D-15", "D-18", "D-19", "D-28", "D-29", "D-44", "RI-2", "RV-2", "TK-6"],
            distort: DistortedServer.answers(to: "/token") { response, _ in
                guard response.status == 400 else { return }
                response = .json(200, ["access_token": "a", "token_type": "Bearer", "refresh_token": "r"])
            }
        ),
        ServerFault(
            name: "refresh tokens that bring nothing",
            rules: ["TK-8", "D-47"],
            distort: DistortedServer.answers(to: "/token") { response, request in
                if request.form?.values("grant_type") == ["refresh_token"] {
                    response = .json(400, ["error": "invalid_grant"])
                }
            }
        ),
        ServerFault(
            name: "refresh tokens that stay",
            rules: ["FD-12"],
            distort: DistortedServer.json(of: "/token") { json, request in
                let sent = request.form?.values("refresh_token").first
                if let sent, json["refresh_token"] != nil { json["refresh_token"] = .string(sent) }
            }
        ),
        ServerFault(
            name: "access tokens of another kind, unsigned",
            rules: ["RI-3", "JW-1", "JW-2", "MD-9"],
            distort: DistortedServer.json(of: "/token") { json, request in
                guard let token = json["access_token"]?.stringValue else { return }
                let client = request.form?.values("client_id").first ?? ""
                json["access_token"] = .string(Self.changed(token, client: client))
            }
        ),
    ]

    /// The token with another type, audience and subject under the old signature.
    private static func changed(_ token: String, client: String) -> String {
        var parts = token.split(separator: ".").map(String.init)
        // What is not a token stays as it is.
        guard parts.count == 3, var header = try? JSONParser.parseObject(Base64URL.decode(parts[0]) ?? []),
            var claims = try? JSONParser.parseObject(Base64URL.decode(parts[1]) ?? [])
        else { return token }
        header["typ"] = "JWT"
        claims["aud"] = "https://other.example/mcp"
        claims["sub"] = .string(client)
        parts[0] = Base64URL.encode(header.serialized())
        parts[1] = Base64URL.encode(claims.serialized())
        return parts.joined(separator: ".")
    }
}
