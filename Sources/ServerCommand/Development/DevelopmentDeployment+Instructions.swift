import AuthorizationServer
import DevelopmentIdentityProvider
import OAuthProtocol
import ServerConfiguration

extension DevelopmentDeployment {
    /// What runs where.
    var introduction: String {
        let management = server.managementAddress.map { "http://\($0)" } ?? "off"
        let page = demo.map { "Try it in a browser: \($0.url)\n\n" } ?? ""
        return """
            \(page)Gatehouse is running in development mode: in memory only, with an embedded identity provider.

              issuer            \(server.configuration.issuer.text)
              MCP resource      \(resource)\(isDemoResource ? "" : "   (yours to run)")
              resource server   \(resourceServer.id) / \(resourceServer.secret)
              identity provider \(provider.issuer)   (Ada Lovelace, Grace Hopper)
              management        \(management)
              control plane     \(control.url)   (--json prints its token)

            """
    }

    /// Whether the first resource is the demo's own MCP server.
    var isDemoResource: Bool { demo.map { resource == $0.url.dropLast() + DemoGround.resourcePath } ?? false }

    /// Commands for a shell; each works as it is printed.
    ///
    /// - Parameter accessToken: A token of a session for the first resource.
    /// - Returns: One text for each command, some of several lines.
    func commands(accessToken: String) -> [String] {
        let issuer = server.configuration.issuer.text
        var commands = [
            "curl -s \(issuer)/.well-known/oauth-authorization-server",
            """
            curl -s \(issuer)/oauth/register -H 'content-type: application/json' \\
              -d '{"client_name":"me","redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}'
            """,
        ]
        if isDemoResource {
            commands.append(
                """
                curl -s \(resource) -H 'content-type: application/json' \\
                  -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\(DemoResourceServer.toolName)"}}' \\
                  -H 'authorization: Bearer \(accessToken)'
                """
            )
        }
        commands.append(
            """
            curl -s -u \(resourceServer.id):\(resourceServer.secret) \(issuer)/oauth/token \\
              -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange -d audience=\(upstreamName) \\
              -d subject_token_type=urn:ietf:params:oauth:token-type:access_token \\
              -d subject_token=\(accessToken)
            """
        )
        if let address = server.managementAddress { commands.append("curl -s http://\(address)/metrics") }
        return commands
    }
}
