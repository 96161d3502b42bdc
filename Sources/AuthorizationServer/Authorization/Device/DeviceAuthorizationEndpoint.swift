import HTTPTypes
import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import SocketHTTP

/// RFC 8628 §3.1: the device authorization endpoint: a device without a browser asks for a code that its user enters
/// elsewhere.
struct DeviceAuthorizationEndpoint: Endpoint {
    let requests: ClientRequests
    let devices: any DeviceStore
    let admission: AuthorizationAdmission
    let limiter: SourceLimiter
    let browser: BrowserGround
    let audit: AuditTrail

    /// How often a user code is drawn before the table is treated as full.
    private static let drawCountMax = 8

    func respond(to request: Request, context: RequestContext) async -> Response {
        do throws(OAuthError) {
            let form = try requests.form(request)
            let client = try await requests.client(request, form, context)
            guard client.grantTypes.contains(.deviceCode) else {
                throw OAuthError(.unauthorizedClient, "this client is not registered for the device grant")
            }
            // Every request stores something, like a login that begins (D-80).
            if let delay = await limiter.spend(.authorization, source: context.source, now: context.now) {
                throw OAuthError(.tooManyRequests, "too many requests from this address", retryAfter: delay)
            }
            return CrossOrigin.json(try await answer(form, client, context))
        } catch {
            let refusal = await requests.refusal(error, request, context)
            return CrossOrigin.allow(refusal.response)
        }
    }

    private func answer(
        _ form: FormParameters,
        _ client: Client,
        _ context: RequestContext
    ) async throws(OAuthError) -> [UInt8] {
        let resource = try admission.resources.resource(requested: form.values("resource"))
        let requested = try form.once("scope").map { (text) throws(OAuthError) in try ScopeSet(parsing: text) }
        let scopes = try admission.scopePolicy.grantable(requested: requested, resource: resource, client: client)
        for _ in 0..<Self.drawCountMax {
            let (code, userCode) = (DeviceCode(random: browser.random), UserCode(random: browser.random))
            let device = DeviceAuthorization(
                deviceCode: code.hash,
                userCode: userCode.hash,
                clientID: client.id,
                scopes: scopes,
                resource: resource.uri,
                expiry: context.now + DeviceAuthorization.lifetime
            )
            switch try await OAuthError.attempt(await devices.begin(device, now: context.now).outcome) {
            case .userCodeTaken: continue
            case .full: throw .overloaded
            case .admitted:
                audit.record(.deviceRequested(device), context: context)
                return body(code, userCode)
            }
        }
        throw .overloaded
    }

    // RFC 8628 §3.2.
    private func body(_ code: DeviceCode, _ userCode: UserCode) -> [UInt8] {
        let page = browser.issuer.url(DevicePage.path)
        let json: JSONObject = [
            "device_code": .string(code.wireValue),
            "user_code": .string(userCode.text),
            "verification_uri": .string(page),
            "verification_uri_complete": .string(page + "?user_code=" + userCode.text),
            "expires_in": .integer(Int(DeviceAuthorization.lifetime.wholeSeconds)),
            "interval": .integer(Int(DeviceAuthorization.interval.wholeSeconds)),
        ]
        return json.serialized()
    }
}

extension DeviceAuthorizationEndpoint {
    var surfaces: [Surface] {
        [
            Surface(
                .post,
                "/oauth/device_authorization",
                name: "device_authorization",
                origins: .all,
                advertisement: .init(member: "device_authorization_endpoint"),
                OpenAPIOperation(
                    id: "authorizeDevice",
                    summary: "Returns a code that the user of a device without a browser enters elsewhere (RFC 8628).",
                    body: .form(required: [], optional: OpenAPIOperation.clientFields + ["scope", "resource"]),
                    security: ["clientBasic"],
                    responses: [
                        (200, .json("The codes", .deviceAuthorization)), (400, .error("The request is refused")),
                        (401, .error("The client is unknown or not authenticated")),
                        (429, OpenAPIOperation.throttled), (503, OpenAPIOperation.unavailable),
                    ]
                )
            )
        ]
    }
}

extension OpenAPISchema {
    fileprivate static let deviceAuthorization = OpenAPISchema(
        "DeviceAuthorization",
        required: ["device_code", "user_code", "verification_uri", "expires_in"],
        [
            "device_code": ["type": "string"], "user_code": ["type": "string"],
            "verification_uri": ["type": "string"], "verification_uri_complete": ["type": "string"],
            "expires_in": ["type": "integer"], "interval": ["type": "integer"],
        ]
    )
}
