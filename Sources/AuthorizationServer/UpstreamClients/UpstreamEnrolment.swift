import Logging
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import OutboundHTTP
import UpstreamIdentity

/// RFC 7591: registers this server at a provider if configured, and stores the result sealed and durable.
///
/// The same registration is used after every restart, because the users' refresh tokens are valid for that client only
/// (VR-8). Another one is made when the provider, our redirect URI there or the scopes no longer match, or when the
/// secret expires.
struct UpstreamEnrolment: Sendable {
    let order: Order
    let stores: Stores
    let sealing: TokenSealing
    let audit: AuditTrail
    let work: BackgroundWork
    let logger: Logger

    /// What to register, and where.
    struct Order: Sendable {
        /// The upstream's name in the configuration.
        let upstream: String
        /// What the provider is asked for.
        let request: UpstreamRegistrationRequest
        /// Sends it.
        let registrar: UpstreamRegistrar
    }

    /// How to register at the provider, with the stored registration.
    func selfRegistration() async -> UpstreamSelfRegistration {
        UpstreamSelfRegistration(known: await known()) {
            // It runs to its end, whichever request asked for it: the answer holds the only credentials.
            await work.start(.finishes) { await register() }?.value
                ?? .failure(.temporary("this server is shutting down"))
        }
    }

    // The registration of an earlier start, if it still matches.
    private func known() async -> UpstreamClientRegistration? {
        // While the store fails there is none, and a new one could not be stored either.
        guard let stored = try? await stores.vault.registration(of: order.upstream), stored.purpose == purpose,
            ScopeSet(order.request.scopes).isSubset(of: stored.scopes)
        else { return nil }
        return registration(stored)
    }

    private func registration(_ stored: StoredUpstreamRegistration) -> UpstreamClientRegistration? {
        do {
            let text = try sealing.registration(of: stored)
            if let registration = UpstreamClientRegistration(stored: text) { return registration }
        } catch {
            // Reported below: an unreadable one counts as absent.
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
            // Whatever the provider's error was, no user's grant has ended.
            return .failure(error.isTerminal ? UpstreamError(.invalidClient, error.reason) : error)
        }
    }

    private func registerDurably() async throws(UpstreamError) -> UpstreamClientRegistration {
        // Before the provider creates a client that could not be stored.
        guard stores.upkeep.isAvailable else { throw .temporary("the store takes no changes", retryAfter: .seconds(5)) }
        var request = order.request
        request.target = try await pinned(request.target)
        let registration = try await order.registrar.register(request)
        let sealed: [UInt8]
        do {
            sealed = try sealing.seal(registration: registration.stored, at: order.upstream)
        } catch {
            throw UpstreamError(.misconfigured, "the registration cannot be sealed")
        }
        let stored = StoredUpstreamRegistration(
            upstream: order.upstream,
            purpose: purpose,
            scopes: ScopeSet(order.request.scopes),
            sealed: sealed
        )
        let kept = try await UpstreamError.attempt(await stores.vault.keep(stored).outcome)
        guard kept == .admitted else { throw .temporary("the bound on registrations is reached") }
        audit.record(
            .upstreamRegistered(order.upstream, clientID: registration.clientID),
            now: registration.registeredAt
        )
        logger.notice("registered at an upstream", metadata: metadata)
        return registration
    }

    // A protected server keeps its authorization server, also where another registration becomes necessary there.
    private func pinned(
        _ target: UpstreamRegistrationRequest.Target
    ) async throws(UpstreamError) -> UpstreamRegistrationRequest.Target {
        guard case .protectedServer(var server) = target, server.issuer == nil else { return target }
        let stored = try await UpstreamError.attempt(await stores.vault.registration(of: order.upstream))
        if let stored, stored.purpose == purpose { server.issuer = registration(stored)?.issuer }
        return .protectedServer(server)
    }

    private var metadata: Logger.Metadata { ["upstream": "\(order.upstream)"] }

    // VR-14: the upstream's own name is stored beside it, so that no two share a registration.
    private var purpose: SHA256Digest {
        let place =
            switch order.request.target {
            case .issuer(let issuer): "issuer\n\(issuer)"
            case .endpoint(let url): "endpoint\n\(url)"
            case .protectedServer(let server): "server\n\(server.url)\n\(server.identifier)\n\(server.issuer ?? "")"
            }
        return SHA256.hash(([place] + order.request.redirectURIs).joined(separator: "\n"))
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
        if let issuer { json["issuer"] = .string(issuer) }
        return String(decoding: json.serialized(), as: UTF8.self)
    }

    fileprivate init?(stored text: String) {
        // The caller, who knows the upstream, reports an unreadable one.
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
            registeredAt: Timestamp(secondsSinceEpoch: Int64(registeredAt)),
            issuer: json["issuer"]?.stringValue
        )
    }
}
