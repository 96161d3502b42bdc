import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// The token endpoint of both flavours.
///
/// RFC 6749 §3.2, OpenID Connect Core 1.0 §3.1.3.
struct TokenEndpoint: Sendable {
    let context: ProviderContext
    let flavour: ProtocolFlavour

    private var behaviour: DevelopmentIdentityProvider.Configuration.Flavour {
        flavour.behaviour(in: context.configuration)
    }

    @concurrent
    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        do throws(OAuthError) {
            let members = try await redeem(request, faults)
            return .members(members, isForm: wantsForm(request))
        } catch {
            var fields = HTTPFields()
            // RFC 6749 §5.2: a client that used the Authorization header is informed of the scheme.
            if error.code == .invalidClient, request[.authorization] != nil {
                fields[.wwwAuthenticate] = "Basic realm=\"token\""
            }
            let status: HTTPResponse.Status? = behaviour.answersErrorsWithStatus200 ? .ok : nil
            return .error(error, status: status, fields: fields)
        }
    }

    private func redeem(_ request: Request, _ faults: ScriptedFaults) async throws(OAuthError) -> JSONObject {
        guard RequestParameters.isForm(request), let form = RequestParameters.reading(body: request.body) else {
            throw OAuthError(.invalidRequest, "the body must be a form")
        }
        guard form.duplicatedNames.isEmpty else { throw OAuthError(.invalidRequest, "a parameter is repeated") }
        let clientID = try await ClientAuthenticator(context: context).clientID(of: request, form: form)
        func value(_ name: String) -> String? { form.values(name).first }
        switch value("grant_type") {
        case "authorization_code":
            return try await redeemCode(form, clientID: clientID, faults)
        case "refresh_token":
            return try await redeemRefreshToken(form, clientID: clientID, faults)
        case nil where flavour == .oauth2:
            // GitHub does not require grant_type.
            return try await redeemCode(form, clientID: clientID, faults)
        case nil: throw OAuthError(.invalidRequest, "grant_type is missing")
        default: throw OAuthError(.unsupportedGrantType, "the grant type is not supported")
        }
    }

    private func redeemCode(
        _ form: FormParameters,
        clientID: String,
        _ faults: ScriptedFaults
    ) async throws(OAuthError) -> JSONObject {
        func value(_ name: String) -> String? { form.values(name).first }
        guard let code = value("code") else { throw OAuthError(.invalidRequest, "code is missing") }
        var verifier: CodeVerifier?
        if let text = value("code_verifier") {
            verifier = CodeVerifier(text)
            guard verifier != nil else { throw OAuthError(.invalidRequest, "code_verifier is malformed") }
        }
        let redemption = try await context.state.redeem(
            .init(code: code, clientID: clientID, redirectURI: value("redirect_uri"), verifier: verifier),
            flavour: flavour,
            minting: context.mint(for: flavour),
            now: context.now
        )
        return try members(redemption, isRefresh: false, faults)
    }

    private func redeemRefreshToken(
        _ form: FormParameters,
        clientID: String,
        _ faults: ScriptedFaults
    ) async throws(OAuthError) -> JSONObject {
        guard let token = form.values("refresh_token").first else {
            throw OAuthError(.invalidRequest, "refresh_token is missing")
        }
        let redemption = try await context.state.refresh(
            token,
            clientID: clientID,
            scopes: form.values("scope").first.map { $0.split(separator: " ").map(String.init) },
            flavour: flavour,
            minting: context.mint(for: flavour),
            now: context.now
        )
        return try members(redemption, isRefresh: true, faults)
    }

    // MARK: The answer

    private func members(
        _ redemption: Redemption,
        isRefresh: Bool,
        _ faults: ScriptedFaults
    ) throws(OAuthError) -> JSONObject {
        var members: JSONObject = [
            "access_token": .string(redemption.access),
            "token_type": flavour == .openIDConnect ? "Bearer" : "bearer",
            "scope": .string(redemption.scopes.joined(separator: flavour == .openIDConnect ? " " : ",")),
        ]
        if let lifetime = behaviour.accessTokenLifetime { members["expires_in"] = .integer(Int(lifetime.wholeSeconds)) }
        if let refresh = redemption.refresh { members["refresh_token"] = .string(refresh) }
        if flavour == .openIDConnect, redemption.scopes.contains("openid") {
            members["id_token"] = .string(try idToken(redemption, isRefresh: isRefresh, faults))
        }
        return members
    }

    private func idToken(
        _ redemption: Redemption,
        isRefresh: Bool,
        _ faults: ScriptedFaults
    ) throws(OAuthError) -> String {
        var claims = IDTokenClaims.make(
            for: redemption,
            issuer: context.issuer,
            lifetime: context.configuration.idTokenLifetime,
            algorithm: context.configuration.signingAlgorithm,
            isRefresh: isRefresh,
            now: context.now
        )
        faults.apply(toClaims: &claims)
        do {
            return try context.keys.sign(claims, type: "JWT", forgery: faults.forgery)
        } catch {
            throw OAuthError(.serverError, "the ID token cannot be signed")
        }
    }

    /// GitHub answers with a form unless JSON is requested.
    private func wantsForm(_ request: Request) -> Bool {
        flavour == .oauth2 && !request.values(of: .accept).contains { $0.lowercased().contains("json") }
    }
}
