import OAuthProtocol

extension ConformanceCheck {
    static let registration: [ConformanceCheck] = [
        ConformanceCheck("CR-1", "RFC 7591 §3.2.1", "A registration is answered with 201 and a client_id") {
            subject in
            let answer = try await registered(subject)
            try expect(answer.status == 201, "the status is \(answer.status)")
            try expect(answer.json["client_id"]?.stringValue?.isEmpty == false, "client_id is missing")
        },
        ConformanceCheck("CR-1", "RFC 7591 §3.2.1", "A registration's answer is not stored", level: .should) {
            subject in
            let answer = try await registered(subject)
            try expect(answer.has("cache-control", "no-store"), "Cache-Control is not no-store")
        },
        ConformanceCheck("CR-1", "RFC 7591 §3.2.1", "The answer has the registered metadata, redirect URIs unchanged") {
            subject in
            let uris = [ConformanceSubject.loopbackRedirect, "http://localhost/cb?x=1"]
            let answer = try await subject.register(ConformanceSubject.registration(uris))
            try expect(answer.json["client_id"] != nil, "it was answered with \(answer.summary)")
            try expect(answer.json["redirect_uris"]?.stringArrayValue == uris, "redirect_uris are not what was sent")
            try expect(answer.json["grant_types"]?.stringArrayValue != nil, "grant_types are missing")
        },
        ConformanceCheck(
            "FD-7",
            "RFC 7591 §3.2.1",
            "The answer names token_endpoint_auth_method, and a secret only with a method that needs it",
            level: .should
        ) { subject in
            let json = try await registered(subject).json
            let method = json["token_endpoint_auth_method"]?.stringValue
            try expect(method != nil, "token_endpoint_auth_method is missing")
            try expect(method != "none" || json["client_secret"] == nil, "a public client got a secret")
        },
        ConformanceCheck("CR-1", "RFC 7591 §3.2.1", "No member of the answer is null", level: .should) { subject in
            let null = try await registered(subject).json.members.filter { $0.value == .null }
            try expect(null.isEmpty, "null: \(null.map(\.name).joined(separator: ", "))")
        },
        ConformanceCheck("CR-1", "RFC 7591 §3.2.1", "A client secret comes with client_secret_expires_at") { subject in
            var metadata = ConformanceSubject.registration([ConformanceSubject.webRedirect])
            metadata["token_endpoint_auth_method"] = "client_secret_basic"
            let answer = try await subject.register(metadata)
            guard answer.json["client_secret"]?.stringValue != nil else {
                throw ConformanceStop.obstacle("the server gave no secret: \(answer.summary)")
            }
            let end = answer.json["client_secret_expires_at"]?.integerValue
            try expect(end != nil, "client_secret_expires_at is missing")
        },
        ConformanceCheck("CR-8", "CIMD, Client Identifier", "An issued client_id does not look like a document's URL") {
            subject in
            let id = try await registered(subject).json["client_id"]?.stringValue ?? ""
            try expect(!id.lowercased().hasPrefix("https://"), "the client_id is \(id)")
        },
        ConformanceCheck("CR-9", "RFC 7591 §3", "The same registration twice makes two clients", level: .should) {
            subject in
            let ids = [try await registered(subject), try await registered(subject)]
                .map { $0.json["client_id"]?.stringValue }
            try expect(ids[0] != ids[1], "both have the same client_id")
        },
        ConformanceCheck("CR-2", "RFC 7591 §3.2.2", "A registration without redirect URIs is refused") { subject in
            for uris: JSONValue? in [nil, [], "http://127.0.0.1/cb"] {
                var metadata = ConformanceSubject.registration([])
                metadata["redirect_uris"] = uris
                try await expectRefusal(of: metadata, "redirect_uris \(uris.map { "\($0)" } ?? "absent")", subject)
            }
        },
        ConformanceCheck("D-5", "RFC 7591 §5", "Redirect URIs that run or open something cannot be registered") {
            subject in
            for uri in ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd"] {
                try await expectRefusal(of: ConformanceSubject.registration([uri]), uri, subject)
            }
        },
        ConformanceCheck("D-7", "RFC 6749 §3.1.2", "A redirect URI with a fragment cannot be registered") { subject in
            let uri = ConformanceSubject.webRedirect + "#fragment"
            try await expectRefusal(of: ConformanceSubject.registration([uri]), uri, subject)
        },
        ConformanceCheck(
            "CR-2",
            "MCP Authorization, Communication Security",
            "A redirect URI with http to another machine cannot be registered"
        ) { subject in
            for uri in ["http://client.example/callback", "http://127.0.0.1.evil.example/callback"] {
                try await expectRefusal(of: ConformanceSubject.registration([uri]), uri, subject)
            }
        },
        ConformanceCheck("CR-11", "RFC 7591 §3.2.2", "A body that is not a JSON object is refused, not a failure") {
            subject in
            for body in ["{", "[]", "\"x\"", "redirect_uris=x"] {
                let answer = try await subject.register(body: Array(body.utf8))
                try expect((400..<500).contains(answer.status), "\(body) was answered with \(answer.status)")
            }
        },
    ]

    private static func registered(_ subject: ConformanceSubject) async throws -> ConformanceAnswer {
        let metadata = ConformanceSubject.registration([ConformanceSubject.loopbackRedirect])
        let answer = try await subject.register(metadata)
        try expect(answer.json["client_id"] != nil, "a right registration was answered with \(answer.summary)")
        return answer
    }

    private static func expectRefusal(
        of metadata: JSONObject,
        _ what: String,
        _ subject: ConformanceSubject
    ) async throws {
        let answer = try await subject.register(metadata)
        try expect(answer.status == 400, "\(what) was answered with \(answer.summary)")
        let errors = ["invalid_redirect_uri", "invalid_client_metadata"]
        try expect(errors.contains(answer.error ?? ""), "\(what) was answered with \(answer.summary)")
    }
}
