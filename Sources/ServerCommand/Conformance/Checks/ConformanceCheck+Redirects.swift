extension ConformanceCheck {
    static let redirects: [ConformanceCheck] = [
        ConformanceCheck("D-2", "RFC 6749 §4.1.2.1", "An unknown client's redirect URI is not redirected to") {
            subject in
            let request = subject.request(try subject.mainClient()).with("client_id", "no-such-client")
            try await subject.expectNoRedirect(request, "the redirect URI of an unknown client")
        },
        ConformanceCheck("D-1", "RFC 6749 §4.1.2.1", "A redirect URI that is not registered is not redirected to") {
            subject in
            let request = subject.request(try subject.mainClient())
            for uri in ["https://evil.example/callback", "http://127.0.0.1:51004/other", "cursor://evil/callback"] {
                try await subject.expectNoRedirect(request.with("redirect_uri", uri), uri)
            }
        },
        ConformanceCheck("AZ-5", "RFC 9700 §4.1.3", "Another spelling of a registered redirect URI does not match") {
            subject in
            try await expectNoMatch(
                [
                    "https://client.example/callback/", "https://client.example:443/callback",
                    "HTTPS://CLIENT.EXAMPLE/callback", "https://client.example/%63allback",
                    "https://client.example/callback/../callback",
                ],
                subject
            )
        },
        ConformanceCheck("D-4", "RFC 9700 §4.1.3", "Parts, deeper paths and queries of a redirect URI do not match") {
            subject in
            try await expectNoMatch(
                [
                    "https://client.example/", "https://client.example/callbac", "https://client.example/callback/more",
                    "https://client.example/callback?x=1", "https://client.example:8443/callback",
                    "http://client.example/callback",
                ],
                subject
            )
        },
        ConformanceCheck("D-3", "RFC 9700 §4.1.1", "A redirect URI that disguises its host does not match") { subject in
            try await expectNoMatch(
                [
                    "https://client.example@evil.example/callback", "https://client.example\\@evil.example/callback",
                    "https://client.example.evil.example/callback", "https://client%2eexample/callback",
                    "https://client.example%00.evil.example/callback",
                ],
                subject
            )
        },
        ConformanceCheck("AZ-6", "RFC 8252 §7.3", "The port of a redirect URI on loopback is free") { subject in
            let client = try subject.mainClient()
            guard client.redirectURI == ConformanceSubject.loopbackRedirect else {
                throw ConformanceStop.obstacle("the client does not redirect to \(ConformanceSubject.loopbackRedirect)")
            }
            let uri = "http://127.0.0.1:51999/callback"
            let request = subject.request(client).with("redirect_uri", uri)
            if case .refusal(let status) = try await subject.outcome(of: request) {
                throw ConformanceStop.fault("\(uri) was answered with \(status)")
            }
        },
        ConformanceCheck("AZ-6", "RFC 8252 §7.3", "A host that only looks like loopback does not match") { subject in
            let request = subject.request(try subject.mainClient())
            for uri in [
                "http://127.0.0.1.evil.example:51004/callback", "http://127.0.0.1@evil.example:51004/callback",
                "http://127.0.0.2:51004/callback", "https://127.0.0.1:51004/callback",
            ] {
                try await subject.expectNoRedirect(request.with("redirect_uri", uri), uri)
            }
        },
    ]

    private static func expectNoMatch(_ uris: [String], _ subject: ConformanceSubject) async throws {
        let request = subject.request(try subject.webClient())
        for uri in uris { try await subject.expectNoRedirect(request.with("redirect_uri", uri), uri) }
    }
}
