import Foundations
import OAuthProtocol
import OpenSSLCrypto

/// RFC 6749 §2.3, RFC 7523 §2.2: authenticates our client to a provider.
struct UpstreamClientAuthenticator: Sendable {
    /// The fields that authenticate a request.
    struct Proof: Sendable, Redacted {
        var form: [(String, String)] = []
        var headerFields: [(name: String, value: String)] = []
    }

    let clientID: String
    let secret: UpstreamClientSecret?
    let method: UpstreamClientAuthentication
    let assertionAudience: UpstreamBehaviour.AssertionAudience
    var assertionUse = UpstreamBehaviour.AssertionUse.clientAssertion
    var assertionIssuer: String?
    var basicEncoding = BasicEncoding.form
    let random: any RandomSource

    /// How long an assertion is valid: long enough for a slow network and a slightly wrong clock.
    static let assertionLifetime: Duration = .seconds(60)

    /// A proof for the provider's token, revocation or introspection endpoint.
    func proof(for endpoints: UpstreamEndpoints, now: Timestamp) throws(UpstreamError) -> Proof {
        switch method {
        case .automatic: try automaticProof(for: endpoints)
        case .basic: try basicProof()
        case .post: try postProof()
        case .none: Proof(form: [("client_id", clientID)])
        case .privateKeyJWT(let key): try assertionProof(key, for: endpoints, now: now)
        }
    }

    /// RFC 6749 §2.3.1: id and secret, each form-encoded unless the provider compares them undecoded, by HTTP Basic.
    func basicProof() throws(UpstreamError) -> Proof {
        let secret = try requiredSecret()
        let credentials =
            switch basicEncoding {
            case .form: PercentEncoding.encode(clientID) + ":" + PercentEncoding.encode(secret)
            case .raw: clientID + ":" + secret
            }
        return Proof(headerFields: [("Authorization", "Basic " + Base64.encode(Array(credentials.utf8)))])
    }

    /// What to try when the provider refused this proof; the log shows it.
    func hint(about proof: Proof) -> String? {
        guard let secret, basicEncoding == .form, proof.headerFields.contains(where: { $0.name == "Authorization" }),
            PercentEncoding.encode(secret.value) != secret.value || PercentEncoding.encode(clientID) != clientID
        else { return nil }
        return "; the client id or secret has characters that are encoded for HTTP Basic: if they are right, this "
            + "provider may need basic_encoding: raw, or token_endpoint_auth_method: client_secret_post"
    }

    private func postProof() throws(UpstreamError) -> Proof {
        Proof(form: [("client_id", clientID), ("client_secret", try requiredSecret())])
    }

    private func requiredSecret() throws(UpstreamError) -> String {
        guard let secret else { throw UpstreamError(.misconfigured, "a client secret is required") }
        return secret.value
    }

    /// OpenID Connect Discovery 1.0 §3: Basic, unless the metadata offers only the form.
    private func automaticProof(for endpoints: UpstreamEndpoints) throws(UpstreamError) -> Proof {
        guard secret != nil else { return Proof(form: [("client_id", clientID)]) }
        guard let offered = endpoints.tokenAuthenticationMethods, !offered.contains("client_secret_basic") else {
            return try basicProof()
        }
        guard offered.contains("client_secret_post") else {
            throw UpstreamError(.misconfigured, "the provider does not accept client secrets at its token endpoint")
        }
        return try postProof()
    }

    private func assertionProof(
        _ key: SigningKey,
        for endpoints: UpstreamEndpoints,
        now: Timestamp
    ) throws(UpstreamError) -> Proof {
        // D-41: a single audience, so that the assertion is valid for this provider only.
        let audience =
            switch assertionAudience {
            case .issuer: endpoints.issuer ?? endpoints.token
            case .tokenEndpoint: endpoints.token
            }
        let claims: JSONObject = [
            "iss": .string(assertionIssuer ?? clientID), "sub": .string(clientID), "aud": .string(audience),
            "iat": .integer(Int(now.secondsSinceEpoch)),
            "exp": .integer(Int((now + UpstreamClientAuthenticator.assertionLifetime).secondsSinceEpoch)),
            "jti": .string(Base64URL.encode(random.bytes(16))),
        ]
        let assertion: String
        do {
            assertion = try key.sign(type: "JWT", payload: claims.serialized())
        } catch {
            throw UpstreamError(.misconfigured, "the key for client assertions cannot sign")
        }
        guard assertionUse == .clientAssertion else {
            return Proof(form: [("client_id", clientID), ("client_secret", assertion)])
        }
        return Proof(form: [
            ("client_id", clientID), ("client_assertion_type", ClientAuthenticationRequest.assertionType),
            ("client_assertion", assertion),
        ])
    }
}
