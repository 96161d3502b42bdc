import OAuthProtocol

extension ConformanceCheck {
    static let refreshTokens: [ConformanceCheck] = [
        ConformanceCheck("TK-8", "RFC 6749 §6", "A refresh token brings an access token") { subject in
            _ = try await refreshed(try await subject.refreshToken(), subject)
        },
        ConformanceCheck("FD-12", "OAuth 2.1 §4.3.1", "A public client's refresh token changes with each use") {
            subject in
            guard try subject.mainClient().secret == nil else {
                throw ConformanceStop.obstacle("the client is not a public one")
            }
            let token = try await subject.refreshToken()
            let next = try await refreshed(token, subject).json["refresh_token"]?.stringValue
            try expect(next != nil && next != token, next == nil ? "there is no new one" : "it stayed the same")
        },
        ConformanceCheck("D-28", "RFC 9700 §4.14.2", "A refresh token two generations old is refused") { subject in
            let (old, _) = try await twoGenerations(subject)
            try expectNoToken(try await subject.refresh(old), "it")
        },
        ConformanceCheck(
            "D-28",
            "RFC 9700 §4.14.2",
            "Use of an old refresh token ends its successors",
            level: .should
        ) { subject in
            let (old, newest) = try await twoGenerations(subject)
            _ = try await subject.refresh(old)
            let answer = try await subject.refresh(newest)
            try expect(answer.status != 200, "the newest token still works")
        },
        ConformanceCheck("D-29", "RFC 6749 §6", "A refresh token of another client is refused") { subject in
            let other = try subject.otherClient()
            try expectNoToken(try await subject.refresh(try await subject.refreshToken(), as: other), "it")
        },
        ConformanceCheck("D-44", "RFC 6749 §6", "A refresh does not widen the scope") { subject in
            let tokens = try await subject.tokens().json
            guard let token = tokens["refresh_token"]?.stringValue else {
                throw ConformanceStop.obstacle("the server issued no refresh token")
            }
            let scope = (tokens["scope"]?.stringValue.map { $0 + " " } ?? "") + "conformance:never"
            let answer = try await subject.refresh(token, [("scope", scope)])
            if answer.status == 200 {
                let granted = answer.json["scope"]?.stringValue ?? scope
                try expect(!granted.contains("conformance:never"), "the wider scope was granted")
            } else {
                try expect(answer.error == "invalid_scope", "it was \(answer.summary)")
            }
        },
    ]

    private static func refreshed(_ token: String, _ subject: ConformanceSubject) async throws -> ConformanceAnswer {
        let answer = try await subject.refresh(token)
        guard answer.status == 200, answer.json["access_token"]?.stringValue != nil else {
            throw ConformanceStop.fault("a right refresh was answered with \(answer.summary)")
        }
        return answer
    }

    private static func twoGenerations(_ subject: ConformanceSubject) async throws -> (old: String, newest: String) {
        let old = try await subject.refreshToken()
        var newest = old
        for _ in 0..<2 {
            let next = try await refreshed(newest, subject).json["refresh_token"]?.stringValue
            guard let next, next != newest else {
                throw ConformanceStop.obstacle("the server does not rotate this client's refresh tokens")
            }
            newest = next
        }
        return (old, newest)
    }
}
