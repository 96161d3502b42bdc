import OAuthProtocol

extension ConformanceCheck {
    static let endings: [ConformanceCheck] = [
        ConformanceCheck("RV-1", "RFC 7009 §2.2", "Revoking an unknown token is 200") { subject in
            let answer = try await revoke("unknown-token", as: try subject.mainClient(), subject)
            try expect(answer.status == 200, "it was \(answer.summary)")
        },
        ConformanceCheck("RV-2", "RFC 7009 §2.1", "A revoked refresh token brings nothing") { subject in
            _ = try subject.endpoint("revocation_endpoint")
            let token = try await subject.refreshToken()
            let answer = try await revoke(token, as: try subject.mainClient(), subject)
            try expect(answer.status == 200, "the revocation was \(answer.summary)")
            try expectNoToken(try await subject.refresh(token), "the refresh")
        },
        ConformanceCheck("D-47", "RFC 7009 §2.1", "Another client cannot revoke a token") { subject in
            _ = try subject.endpoint("revocation_endpoint")
            let other = try subject.otherClient()
            let token = try await subject.refreshToken()
            _ = try await revoke(token, as: other, subject)
            let refresh = try await subject.refresh(token)
            try expect(refresh.status == 200, "the owner's refresh was \(refresh.summary)")
        },
        ConformanceCheck("IN-1", "RFC 7662 §2.1", "Introspection is refused without credentials") { subject in
            let answer = try await subject.post("introspection_endpoint", [("token", "x")])
            try expect([400, 401, 403].contains(answer.status), "it was answered with \(answer.status)")
            try expect(answer.json["active"] == nil, "the answer has active")
        },
    ]

    private static func revoke(
        _ token: String,
        as client: ConformanceClient,
        _ subject: ConformanceSubject
    ) async throws -> ConformanceAnswer {
        // RFC 8414 §2: a server can say that its public clients do not revoke.
        let methods = subject.metadata.json["revocation_endpoint_auth_methods_supported"]?.stringArrayValue
        guard methods?.contains(client.method) != false else {
            throw ConformanceStop.obstacle("the revocation endpoint does not accept the method \(client.method)")
        }
        let credentials = client.credentials
        return try await subject.post(
            "revocation_endpoint",
            [("token", token)] + credentials.form,
            credentials.headerFields
        )
    }
}
