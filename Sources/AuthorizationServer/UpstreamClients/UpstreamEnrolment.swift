import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import UpstreamIdentity

/// RFC 7591: registers us at a provider that wants it so, and keeps what comes of it sealed and durable.
///
/// The same registration serves after every restart, for the users' refresh tokens are good for that client only
/// (VR-8). Another one is made when the provider, our redirect URI there or the scopes no longer fit, or when the
/// secret expires.
struct UpstreamEnrolment: Sendable {
    let request: UpstreamRegistrationRequest
    let upstream: String
    let registrar: UpstreamRegistrar
    let registrations: any ProviderRegistrationStore
    let upkeep: any StoreUpkeep
    let sealing: TokenSealing
    let audit: AuditTrail
    let work: BackgroundWork
    let logger: Logger

    /// How the provider gets to know us, with what is known from before.
    func selfRegistration() async -> UpstreamSelfRegistration {
        UpstreamSelfRegistration(known: await known()) {
            // It runs to its end, whichever request asked for it: the answer holds the only credentials.
            await work.start(.finishes) { await register() }?.value
                ?? .failure(.temporary("this server is shutting down"))
        }
    }

    // What an earlier start kept, if it still fits.
    private func known() async -> UpstreamClientRegistration? {
        // While the store cannot say, there is none: it cannot keep another either.
        guard let stored = try? await registrations.registration(of: upstream), stored.purpose == purpose,
            ScopeSet(request.scopes).isSubset(of: stored.scopes)
        else { return nil }
        do {
            let text = try sealing.registration(of: stored)
            if let registration = UpstreamClientRegistration(stored: text) { return registration }
        } catch {
            // Told below: one that does not open is as good as none.
        }
        logger.error("the stored registration at an upstream cannot be read; registering again", metadata: metadata)
        return nil
    }

    private func register() async -> Result<UpstreamClientRegistration, UpstreamError> {
        do throws(UpstreamError) {
            return .success(try await registerDurably())
        } catch {
            logger.error(
                "registration at an upstream failed; logins there fail until it succeeds",
                metadata: metadata.merging(["reason": "\(error.reason)"]) { $1 }
            )
            // Whatever words the provider chose: no user's grant has ended.
            return .failure(error.isTerminal ? UpstreamError(.invalidClient, error.reason) : error)
        }
    }

    private func registerDurably() async throws(UpstreamError) -> UpstreamClientRegistration {
        // Before the provider makes a client of which nothing could be kept.
        guard upkeep.isAvailable else { throw .temporary("the store takes no changes", retryAfter: .seconds(5)) }
        let registration = try await registrar.register(request)
        let sealed: [UInt8]
        do {
            sealed = try sealing.seal(registration: registration.stored, at: upstream)
        } catch {
            throw UpstreamError(.misconfigured, "the registration cannot be sealed")
        }
        let stored = StoredUpstreamRegistration(
            upstream: upstream,
            purpose: purpose,
            scopes: ScopeSet(request.scopes),
            sealed: sealed
        )
        let kept = try await UpstreamError.attempt(await registrations.keep(stored).outcome)
        guard kept == .admitted else { throw .temporary("the bound on registrations is reached") }
        audit.record(
            .upstreamRegistered(upstream, clientID: registration.clientID),
            now: registration.registeredAt
        )
        logger.notice("registered at an upstream", metadata: metadata)
        return registration
    }

    private var metadata: Logger.Metadata { ["upstream": "\(upstream)"] }

    // VR-14: the upstream's own name stands beside, so no two share a registration.
    private var purpose: SHA256Digest {
        let place =
            switch request.target {
            case .issuer(let issuer): "issuer\n\(issuer)"
            case .endpoint(let url): "endpoint\n\(url)"
            }
        return SHA256.hash(([place] + request.redirectURIs).joined(separator: "\n"))
    }
}

extension UpstreamClientRegistration {
    /// The registration as it is sealed.
    fileprivate var stored: String {
        var json: JSONObject = [
            "client_id": .string(clientID), "token_endpoint_auth_method": .string(authenticationMethod.rawValue),
            "registered_at": .integer(Int(registeredAt.secondsSinceEpoch)),
        ]
        if let clientSecret { json["client_secret"] = .string(clientSecret.value) }
        if let secretExpiry { json["client_secret_expires_at"] = .integer(Int(secretExpiry.secondsSinceEpoch)) }
        if let registrationAccessToken { json["registration_access_token"] = .string(registrationAccessToken.value) }
        if let registrationClientURI { json["registration_client_uri"] = .string(registrationClientURI) }
        return String(decoding: json.serialized(), as: UTF8.self)
    }

    fileprivate init?(stored text: String) {
        // What cannot be read is told by the caller, who knows of which upstream it is.
        guard let json = try? JSONParser.parseObject(Array(text.utf8)), let id = json["client_id"]?.stringValue,
            let method = json["token_endpoint_auth_method"]?.stringValue
                .flatMap(TokenEndpointAuthenticationMethod.init),
            let registeredAt = json["registered_at"]?.integerValue
        else { return nil }
        self.init(
            clientID: id,
            clientSecret: json["client_secret"]?.stringValue.map(UpstreamClientSecret.init),
            secretExpiry: json["client_secret_expires_at"]?.integerValue.map {
                Timestamp(secondsSinceEpoch: Int64($0))
            },
            authenticationMethod: method,
            registrationAccessToken: json["registration_access_token"]?.stringValue.map(UpstreamClientSecret.init),
            registrationClientURI: json["registration_client_uri"]?.stringValue,
            registeredAt: Timestamp(secondsSinceEpoch: Int64(registeredAt))
        )
    }
}
