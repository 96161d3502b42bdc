import Foundation

/// The configuration of a Gatehouse that knows clients in every way there is.
struct ClientConfiguration {
    let issuer: String
    let port: String
    let upstreamIssuer: String
    let resource: String
    /// A further resource, which no server serves.
    let otherResource: String?
    let clientHost: String
    let folder: URL
    /// The files of the secrets, by the clients' names.
    let secretFiles: [String: String]

    /// The file's text.
    func text() throws -> String {
        let keySet = String(decoding: try Data(contentsOf: folder.appending(path: "jwks.json")), as: UTF8.self)
        let other = otherResource.map { "  - {uri: \"\($0)\", scopes: [\"mcp:read\"]}" } ?? ""
        return """
            issuer: \(issuer)
            listen:
              - address: 127.0.0.1:\(port)
            management: {address: "127.0.0.1:0"}
            outbound: {ca_file: \(folder.appending(path: "ca.pem").path())}
            scopes: [openid, profile, email, offline_access, "mcp:read"]
            device_authorization: true
            upstreams:
              - name: \(Deployment.upstreamName)
                type: oidc
                issuer: \(upstreamIssuer)
                client_id: gatehouse
                client_secret: \(secret("upstream"))
                scopes: [openid, profile, email]
                allow_insecure_http: true
                allow_private_network: true
            resources:
              - uri: \(resource)
                scopes: ["mcp:read"]
                upstreams: [\(Deployment.upstreamName)]
                client_id: \(Deployment.resourceClientID)
                client_secret: \(secret(Deployment.resourceClientID))
            \(other)
            clients:
              - client_id: public
                redirect_uris: ["http://127.0.0.1/callback", "http://localhost/callback"]
                token_endpoint_auth_method: none
              - client_id: confidential
                redirect_uris: ["http://127.0.0.1/callback"]
                client_secret: \(secret("confidential"))
              - client_id: web
                redirect_uris: ["http://127.0.0.1/callback"]
                token_endpoint_auth_method: client_secret_post
                client_secret: \(secret("web"))
              - client_id: signing
                redirect_uris: ["http://127.0.0.1/callback"]
                token_endpoint_auth_method: private_key_jwt
                jwks_uri: \(clientHost)/jwks.json
              - client_id: older-signing
                redirect_uris: ["http://127.0.0.1/callback"]
                token_endpoint_auth_method: private_key_jwt
                jwks_uri: \(clientHost)/jwks.json
                allow_token_endpoint_audience: true
              - client_id: batch
                grant_types: [client_credentials]
                client_secret: \(secret("batch"))
                scopes: ["mcp:read"]
              - client_id: robot
                grant_types: [client_credentials]
                token_endpoint_auth_method: private_key_jwt
                jwks: \(keySet)
                scopes: ["mcp:read"]
              - client_id: older-robot
                grant_types: [client_credentials]
                token_endpoint_auth_method: private_key_jwt
                jwks_uri: \(clientHost)/jwks.json
                allow_token_endpoint_audience: true
                scopes: ["mcp:read"]
              - client_id: terminal
                grant_types: ["urn:ietf:params:oauth:grant-type:device_code", refresh_token]
              - client_id: assistant
                grant_types: ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
                token_endpoint_auth_method: client_secret_post
                client_secret: \(secret("assistant"))
            \(trustedIssuers)

            """
    }

    /// The organisation, which is the upstream too; and issuers whose assertions have the shape of GitHub's for a job
    /// of Actions and of a cluster's for a service account.
    private var trustedIssuers: String {
        """
        trusted_issuers:
          - issuer: \(upstreamIssuer)
            jwks_uri: \(clientHost)/issuer-keys.json
            allow_insecure_http: true
            allow_private_network: true
            identity_assertions: {resources: ["\(resource)"], scopes: ["mcp:read"], clients: [assistant]}
          - issuer: https://token.actions.githubusercontent.com
            jwks_uri: \(clientHost)/issuer-keys.json
            allow_private_network: true
            workloads:
              - subject: "repo:corp/*:ref:refs/heads/main"
                claims: {repository_owner_id: "4711", event_name: [push, workflow_dispatch]}
                client: ci-deploy
                resources: ["\(resource)"]
                scopes: ["mcp:read"]
          - issuer: https://kubernetes.default.svc.cluster.local
            jwks_uri: \(clientHost)/issuer-keys.json
            allow_private_network: true
            workloads:
              - subject: "system:serviceaccount:ci:builder"
                claims: {kubernetes.io.namespace: ci, kubernetes.io.serviceaccount.name: builder}
                client: builder
                resources: ["\(resource)"]
                scopes: ["mcp:read"]
        """
    }

    private func secret(_ name: String) -> String { "{file: \(secretFiles[name] ?? "")}" }
}
