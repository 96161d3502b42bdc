import OAuthProtocol
import OAuthState
import OpenSSLCrypto
import ServerConfiguration

/// RFC 8628 §3.4: a device asks whether its user has decided, and gets its tokens once.
struct DeviceCodeGrant: Grant {
    static let declaration = GrantDeclaration(
        type: .deviceCode,
        name: "device_code",
        summary: "Issues tokens to a device whose user has approved its code in a browser (RFC 8628).",
        parameters: ["device_code"],
        client: .registered,
        registration: .onRequest
    )

    private let devices: any DeviceStore
    private let sessions: any LoginStore
    private let clients: any ClientStore
    private let responses: SessionTokenResponder
    private let audit: AuditTrail

    static func isOffered(_ configuration: Configuration) -> Bool { configuration.deviceAuthorization }

    init(_ ground: GrantGround) {
        devices = ground.stores.devices
        sessions = ground.stores.sessions
        clients = ground.stores.clients
        responses = ground.responses
        audit = ground.audit
    }

    func evaluate(_ request: TokenRequest) async throws(OAuthError) -> [UInt8] {
        let client = try request.client
        let device = DeviceCode(wireValue: try request.form.required("device_code")).hash
        let now = request.context.now
        let answer = try await answering(await devices.poll(device, clientID: client.id, now: now)) {
            (poll) async throws(OAuthError) in
            guard case .approved(let code) = poll else { return Self.refusal(poll) }
            return try await redeem(code, of: device, client, key: request.key, now: now)
        }
        return try answer.body(audit, request.context)
    }

    // The login ended with a code like any other, so that a logout at the provider ends it too.
    private func redeem(
        _ code: SHA256Digest,
        of device: SHA256Digest,
        _ client: Client,
        key: KeyThumbprint?,
        now: Timestamp
    ) async throws(OAuthError) -> GrantAnswer {
        var redemption = CodeRedemption(
            code: code,
            clientID: client.id,
            redirectURI: nil,
            challenge: CodeChallenge(digest: device),
            resource: nil
        )
        (redemption.key, redemption.bindsSession) = (key, client.isPublic)
        return try await answering(await sessions.redeem(redemption, now: now)) { (outcome) async throws(OAuthError) in
            switch outcome {
            case .redeemed(let session, let grant):
                await clients.touch(client.id, now: now)
                let body = try await responses.body(
                    session,
                    scopes: session.scopes,
                    boundTo: key,
                    grant: grant,
                    now: now
                )
                return .issued(body, .issued(session, grantType: Self.declaration.type))
            case .full: throw .overloaded
            case .unknown, .expired, .mismatch, .replayed: return .refused(Self.expired)
            }
        }
    }

    private static let expired = OAuthError(.expiredToken, "the codes have expired; start again")

    // RFC 8628 §3.5.
    private static func refusal(_ outcome: DevicePoll) -> GrantAnswer {
        switch outcome {
        case .pending: .refused(OAuthError(.authorizationPending, "the user has not decided yet"))
        case .tooFast: .refused(OAuthError(.slowDown, "poll less often: wait 5 seconds longer than before"))
        case .denied: .refused(OAuthError(.deviceDenied, "the user denied the request"))
        case .expired: .refused(expired)
        case .unknown, .wrongClient, .approved:
            .refused(.guess(.invalidGrant, "the device_code is invalid, used or was issued to another client"))
        }
    }
}
