import HTTPTypes
import OAuthProtocol
import SocketHTTP

/// Dynamic client registration, as some upstreams offer it.
///
/// RFC 7591 §3.
struct RegistrationEndpoint: Sendable {
    let context: ProviderContext

    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        do throws(OAuthError) {
            return try await register(request)
        } catch {
            return .error(error)
        }
    }

    private func register(_ request: Request) async throws(OAuthError) -> Answer {
        let metadata: JSONObject
        do {
            metadata = try JSONParser.parseObject(request.body)
        } catch {
            throw OAuthError(.invalidClientMetadata, "the body must be a JSON object")
        }
        guard let redirectURIs = metadata["redirect_uris"]?.stringArrayValue, !redirectURIs.isEmpty else {
            throw OAuthError(.invalidRedirectURI, "redirect_uris is missing")
        }
        let secret = context.randomText(prefix: "secret_")
        let method = metadata["token_endpoint_auth_method"]?.stringValue ?? "client_secret_basic"
        let client = DevelopmentClient(
            id: context.randomText(prefix: "client_"),
            authentication: try authentication(method, secret: secret, metadata),
            redirectURIs: redirectURIs
        )
        await context.state.register(client)
        var answer = metadata
        answer["client_id"] = .string(client.id)
        answer["client_id_issued_at"] = .integer(Int(context.now.secondsSinceEpoch))
        answer["token_endpoint_auth_method"] = .string(method)
        if method.hasPrefix("client_secret") {
            answer["client_secret"] = .string(secret)
            answer["client_secret_expires_at"] = 0
        }
        return .members(answer, status: .created)
    }

    private func authentication(
        _ method: String,
        secret: String,
        _ metadata: JSONObject
    ) throws(OAuthError) -> DevelopmentClient.Authentication {
        switch method {
        case "none": return .none
        case "client_secret_basic": return .secretBasic(secret)
        case "client_secret_post": return .secretPost(secret)
        case "private_key_jwt":
            do {
                if let keys = metadata["jwks"]?.objectValue { return .privateKey(try JSONWebKeySet(keys)) }
            } catch {
                throw OAuthError(.invalidClientMetadata, "jwks is not a JWK Set")
            }
            throw OAuthError(.invalidClientMetadata, "jwks is missing")
        default: throw OAuthError(.invalidClientMetadata, "token_endpoint_auth_method is not supported")
        }
    }
}
