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
    /// Whether it is the endpoint for refresh tokens alone.
    var isForRefreshes = false

    var quirks: Set<DevelopmentIdentityProvider.Quirk> { behaviour.quirks }

    private var behaviour: DevelopmentIdentityProvider.Configuration.Flavour {
        flavour.behaviour(in: context.configuration)
    }

    @concurrent
    func respond(to request: Request, faults: ScriptedFaults) async -> Answer {
        do throws(OAuthError) {
            let members = try await redeem(request, faults)
            if quirks.contains(.plainTextForms) {
                return .members(members, fields: [.contentType: "text/plain; charset=utf-8"], isForm: true)
            }
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
        let form = try parameters(request)
        guard form.duplicatedNames.isEmpty else { throw OAuthError(.invalidRequest, "a parameter is repeated") }
        let authenticator = ClientAuthenticator(
            context: context,
            takesRawCredentials: quirks.contains(.rawBasicCredentials)
        )
        let clientID = try await authenticator.clientID(of: request, form: form)
        func value(_ name: String) -> String? { form.values(name).first }
        if quirks.contains(.refusesProofKey), value("code_verifier") != nil {
            throw OAuthError(.invalidRequest, "code_verifier is not supported")
        }
        if quirks.contains(.separateRefreshEndpoint) {
            guard isForRefreshes == (value("grant_type") == "refresh_token") else {
                throw OAuthError(.unsupportedGrantType, "this grant is redeemed at another endpoint")
            }
        }
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

    private func parameters(_ request: Request) throws(OAuthError) -> FormParameters {
        guard quirks.contains(.jsonTokenRequests) else {
            guard RequestParameters.isForm(request), let form = RequestParameters.reading(body: request.body) else {
                throw OAuthError(.invalidRequest, "the body must be a form")
            }
            return form
        }
        // The reason why it is no JSON does not matter.
        guard request[.contentType]?.lowercased().hasPrefix("application/json") == true,
            let json = try? JSONParser.parseObject(request.body)
        else { throw OAuthError(.invalidRequest, "the body must be JSON") }
        let pairs = json.members.compactMap { name, value in value.stringValue.map { (name, $0) } }
        guard let form = RequestParameters.reading(body: Array(FormParameters.serialize(pairs).utf8)) else {
            throw OAuthError(.invalidRequest, "the body cannot be read")
        }
        return form
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
            scopes: form.values("scope").first.map(flavour.scopes(quirks)),
            mayRotate: !quirks.contains(.hidesOfflineAccess)
                || form.values("scope").first.map(flavour.scopes(quirks))?.contains(ScopeSet.offlineAccess) == true,
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
            "token_type": .string(quirks.contains(.botTokenType) ? "bot" : flavour == .oauth2 ? "bearer" : "Bearer"),
            "scope": scope(redemption.scopes),
        ]
        if let lifetime = behaviour.accessTokenLifetime { addExpiry(in: lifetime, to: &members) }
        if let refresh = redemption.refresh { members["refresh_token"] = .string(refresh) }
        if flavour == .openIDConnect, redemption.scopes.contains("openid") {
            members["id_token"] = .string(try idToken(redemption, isRefresh: isRefresh, faults))
        }
        return arranged(members, redemption, isRefresh: isRefresh)
    }

    private func scope(_ scopes: [String]) -> JSONValue {
        var scopes = scopes
        if quirks.contains(.emptyScope) { scopes = [] }
        if quirks.contains(.hidesOfflineAccess) { scopes.removeAll { $0 == ScopeSet.offlineAccess } }
        if quirks.contains(.scopeArray) { return .array(scopes.map(JSONValue.string)) }
        let hasCommas = flavour == .oauth2 || quirks.contains(.commasInAnswers)
        return .string(scopes.joined(separator: hasCommas ? "," : " "))
    }

    private func addExpiry(in lifetime: Duration, to members: inout JSONObject) {
        let seconds = Int(lifetime.wholeSeconds)
        let moment = context.now + lifetime
        if quirks.contains(.expiryAsText) {
            members["expires_in"] = .string("\(seconds)")
        } else if quirks.contains(.expiryAsFraction) {
            members["expires_in"] = .number(.fraction(seconds))
        } else if quirks.contains(.expiryZero) {
            members["expires_in"] = 0
        } else if quirks.contains(.expiryAtSeconds) {
            members["expires_at"] = .integer(Int(moment.secondsSinceEpoch))
        } else if quirks.contains(.expiryAtMilliseconds) {
            members["expires_at"] = .integer(Int(moment.millisecondsSinceEpoch))
        } else if quirks.contains(.expiryAtDate) {
            members["expires_at"] = .string(moment.rfc3339)
        } else {
            members["expires_in"] = .integer(seconds)
        }
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
        if quirks.contains(.omitsNonce) { claims["nonce"] = nil }
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

extension ProtocolFlavour {
    /// Reads the scopes of a request; GitHub also accepts commas.
    func scopes(_ quirks: Set<DevelopmentIdentityProvider.Quirk>) -> @Sendable (String) -> [String] {
        let separators = quirks.contains(.commasInRequests) ? "," : self == .oauth2 ? " ," : " "
        return { text in text.split { separators.contains($0) }.map(String.init) }
    }
}

extension JSONNumber {
    /// A whole number that is written with a fraction.
    fileprivate static func fraction(_ integer: Int) -> JSONNumber {
        // A number of one digit after the point is always readable.
        guard case .number(let number)? = try? JSONParser.parse(Array("\(integer).0".utf8)) else {
            return JSONNumber(integer)
        }
        return number
    }
}
