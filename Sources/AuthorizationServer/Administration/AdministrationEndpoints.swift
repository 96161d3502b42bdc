import HTTPTypes
import OAuthProtocol
import OpenSSLCrypto
import SocketHTTP

/// Who may administer the server: the holder of the configured token (RFC 6750), and on the management socket the users
/// whom the kernel names.
struct AdministratorAuthentication: Sendable {
    private let token: AcceptedSecrets?
    private let users: Set<UInt32>
    private let requests: LocalRequests
    private let guesses: GuessLimit

    /// With no token, requests over the network find nothing.
    init(token: AcceptedSecrets?, users: Set<UInt32>, requests: LocalRequests, guesses: GuessLimit) {
        self.token = token
        self.users = users
        self.requests = requests
        self.guesses = guesses
    }

    /// The endpoint behind the token, for requests that no web page sent.
    func guarding(_ endpoint: any Endpoint) -> any Endpoint {
        requests.guarding(Guarded(accepted: token, users: users, guesses: guesses, endpoint: endpoint))
    }

    private struct Guarded: Endpoint {
        let accepted: AcceptedSecrets?
        let users: Set<UInt32>
        let guesses: GuessLimit
        let endpoint: any Endpoint

        var surfaces: [Surface] { endpoint.surfaces }

        func respond(to request: Request, context: RequestContext) async -> Response {
            if let user = request.peerUser {
                guard users.contains(user) else { return Self.refusal(of: user) }
                return await endpoint.respond(to: request, context: context)
            }
            guard let accepted else { return .noSuchRow }
            guard let token = BearerToken.read(request) else {
                var response = Response.error(OAuthError(.invalidToken, "the administrator's token is required"))
                // RFC 6750 §3.1: no error attribute when the request had no credentials at all.
                response.headerFields[.wwwAuthenticate] = "Bearer"
                return response
            }
            let presented = SHA256.hash(token)
            do throws(OAuthError) {
                let isRight = try guesses.check(.administrator, context) { accepted.accepts(presented) }
                guard isRight else { throw OAuthError(.invalidToken, "the administrator's token is wrong") }
            } catch {
                return .error(error)
            }
            return await endpoint.respond(to: request, context: context)
        }

        /// The file's mode keeps other users out; somebody has changed it.
        private static func refusal(of user: UInt32) -> Response {
            let json: JSONObject = [
                "error": "access_denied",
                "error_description": .string("user \(user) may not administer this server"),
            ]
            return .json(json.serialized(), status: .forbidden)
        }
    }
}

/// The tail of the audit trail, as JSON lines; `?count=` bounds it.
struct AuditEndpoint: RequestHandler {
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        let requested: Int
        do {
            let text = try FormParameters(query: request.query ?? "").once("count") ?? "100"
            guard text.contains(/^-?[0-9]+$/) else { throw OAuthError(.invalidRequest, "not a number") }
            // A larger number returns all events.
            requested = Int(text) ?? .max
        } catch {
            return .error(OAuthError(.invalidRequest, "count must be a single number"))
        }
        return Response(
            status: .ok,
            headerFields: [.contentType: "application/jsonl", .cacheControl: "no-store"],
            body: audit.latest(min(max(0, requested), AuditTrail.tailCountMax))
        )
    }
}

/// Makes the next signing keys current early, once verifiers can know them (MD-9); with `?force=true` at once, if a key
/// is compromised.
struct KeyRotationEndpoint: RequestHandler {
    let rotation: SigningKeyRotation
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        do {
            let keyID = try await rotation.rotate(force: try Self.isForced(request), now: context.now)
            let actor = AdministrationRequest.actor(of: request)
            audit.record(.signingKeyChanged(keyID, cause: .administrator, by: actor), context: context)
            return .json(JSONObject(dictionaryLiteral: ("kid", .string(keyID))).serialized())
        } catch let failure as SigningKeyRotation.Failure {
            return .error(OAuthError(.invalidRequest, failure.description))
        } catch let early as SigningKeyRotation.TooEarly {
            return Self.refusal(early, now: context.now)
        } catch let error as OAuthError {
            return .error(error)
        } catch {
            return .error(.overloaded)
        }
    }

    private static func isForced(_ request: Request) throws(OAuthError) -> Bool {
        let text: String?
        do { text = try FormParameters(query: request.query ?? "").once("force") } catch {
            throw OAuthError(.invalidRequest, "force must be given once")
        }
        switch text {
        case nil, "false": return false
        case "true": return true
        default: throw OAuthError(.invalidRequest, "force must be true or false")
        }
    }

    private static func refusal(_ early: SigningKeyRotation.TooEarly, now: Timestamp) -> Response {
        let wait = (early.permittedFrom - now).wholeSeconds + 1
        let json: JSONObject = [
            "error": "too_early",
            "error_description": .string(
                """
                verifiers may not know the recently published next key yet: try again in \(wait) seconds, \
                or with force=true if a key is compromised; tokens may then be refused for up to \
                \(ServerKeys.publicationAge.wholeSeconds) seconds
                """
            ),
            "not_before": .integer(Int(early.permittedFrom.secondsSinceEpoch)),
        ]
        var response = Response.json(json.serialized(), status: .conflict)
        response.headerFields[.retryAfter] = String(wait)
        return response
    }
}

/// VT-5: seals upstream tokens with a new key from now on, and reseals the stored ones.
struct VaultKeyRotationEndpoint: RequestHandler {
    let rotation: VaultKeyRotation
    let audit: AuditTrail

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let number = try await rotation.rotate(now: context.now)
            audit.record(.vaultKeyChanged(number, by: AdministrationRequest.actor(of: request)), context: context)
            let json: JSONObject = ["key": .integer(Int(number))]
            return .json(json.serialized())
        } catch {
            return .error(error)
        }
    }
}
