import OAuthProtocol

extension AuditEvent {
    /// A source guessed a secret wrongly, or was not allowed to guess; recorded for the first failure and for each
    /// whose number is a power of two.
    package static func guessedWrong(_ subject: GuessLimiter.Subject, failureCount: Int) -> AuditEvent {
        let failures: AuditFields = ["failures": .integer(failureCount)]
        switch subject {
        case .client(let id):
            return AuditEvent(
                "client.authentication_failed",
                ["client_id": .string(id), "failures": .integer(failureCount)]
            )
        case .workload(let issuer, _):
            return AuditEvent(
                "assertion.refused",
                // A stranger's text: enough of it to recognize an issuer by.
                ["issuer": .string(String(issuer.prefix(256))), "failures": .integer(failureCount)]
            )
        case .proof: return AuditEvent("dpop.proof_wrong", failures)
        case .proxy: return AuditEvent("proxy.secret_wrong", failures)
        case .administrator: return AuditEvent("admin.token_wrong", failures)
        case .identityProvider: return AuditEvent("upstream.token_wrong", failures)
        case .initialAccessToken: return AuditEvent("registration.token_wrong", failures)
        case .registration(let id):
            return AuditEvent(
                "client.management_failed",
                // A stranger's text: enough of it to recognize one of our ids.
                ["client_id": .string(String(id.prefix(64))), "failures": .integer(failureCount)]
            )
        }
    }
}
