import OAuthProtocol

extension ConformanceCheck {
    static let discovery: [ConformanceCheck] = [
        ConformanceCheck(
            "MD-7",
            "RFC 8414 §3.2",
            "No member of the metadata is null or an empty list",
            level: .should
        ) { subject in
            let empty = subject.metadata.json.members.filter { $0.value == .null || $0.value == .array([]) }
            try expect(!subject.metadata.json.isEmpty, "there is no metadata")
            try expect(empty.isEmpty, "empty: \(empty.map(\.name).joined(separator: ", "))")
        },
        ConformanceCheck("MD-7", "RFC 8414 §2", "Every endpoint that the metadata names exists") { subject in
            let members = subject.metadata.json.names.filter { $0.hasSuffix("_endpoint") }
            try expect(!members.isEmpty, "the metadata names no endpoint")
            for member in members where !member.hasPrefix("mtls_") {
                // Each takes POST, authorization alone GET; a request without parameters is refused, not unknown.
                let isGet = ["authorization_endpoint", "userinfo_endpoint", "end_session_endpoint"].contains(member)
                let answer = try await subject.send(isGet ? "GET" : "POST", subject.endpoint(member))
                try expect(![404, 405].contains(answer.status), "\(member) was answered with \(answer.status)")
                try expect(answer.status < 500, "\(member) failed with \(answer.status)")
            }
        },
        ConformanceCheck("MD-9", "RFC 7517 §5; RFC 8414 §2", "The key set has public keys only, each with its own kid")
        {
            subject in
            let answer = try await subject.send("GET", subject.endpoint("jwks_uri"))
            try expect(answer.status == 200, "jwks_uri was answered with \(answer.status)")
            let keys = (answer.json["keys"]?.arrayValue ?? []).compactMap(\.objectValue)
            try expect(!keys.isEmpty, "the key set has no key")
            for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
                try expect(keys.allSatisfy { $0[name] == nil }, "a key has the private member \(name)")
            }
            let names = keys.compactMap { $0["kid"]?.stringValue }
            try expect(Set(names).count == keys.count, "keys without kid, or with the same one")
        },
        ConformanceCheck(
            "MD-10",
            "MCP Transports, Protocol Version Header",
            "A request with MCP-Protocol-Version gets the same metadata",
            since: .june2025
        ) { subject in
            let fields = [(name: "mcp-protocol-version", value: MCPRevision.current.rawValue)]
            let answer = try await subject.send("GET", subject.metadataURL, fields)
            try expect(answer.status == 200, "it was answered with \(answer.status)")
            try expect(answer.json == subject.metadata.json, "the document differs")
        },
        ConformanceCheck("D-71", "RFC 9700 §4.13", "Forwarded headers of a stranger change nothing in the metadata") {
            subject in
            let fields = [
                (name: "x-forwarded-host", value: "evil.example"), (name: "x-forwarded-proto", value: "https"),
                (name: "forwarded", value: "host=evil.example;proto=https"),
            ]
            let answer = try await subject.send("GET", subject.metadataURL, fields)
            let text = String(decoding: answer.body, as: UTF8.self)
            try expect(!text.contains("evil.example"), "the document names the forwarded host")
        },
        ConformanceCheck(
            "CX-1",
            "Fetch standard, CORS protocol",
            "Clients in browsers may read the metadata and the answers of token and registration",
            level: .should
        ) { subject in
            let origin = (name: "origin", value: "https://inspector.example")
            var answers = [("metadata", try await subject.send("GET", subject.metadataURL, [origin]))]
            answers.append(("token", try await subject.post("token_endpoint", [], [origin])))
            if let url = subject.metadata.json["registration_endpoint"]?.stringValue {
                answers.append(("registration", try await subject.send("POST", url, [origin])))
            }
            for (name, answer) in answers {
                let values = answer.values("access-control-allow-origin")
                try expect(values == ["*"] || values == [origin.value], "\(name) has no CORS header")
            }
        },
        ConformanceCheck("D-78", "Fetch standard, CORS protocol", "No answer allows a stranger's page credentials") {
            subject in
            let origin = (name: "origin", value: "https://evil.example")
            for answer in [
                try await subject.send("GET", subject.metadataURL, [origin]),
                try await subject.post("token_endpoint", [], [origin]),
            ] {
                // Browsers refuse credentials when the allowed origin is `*`.
                let allowed = answer.values("access-control-allow-origin")
                try expect(
                    !answer.has("access-control-allow-credentials", "true") || allowed.isEmpty || allowed == ["*"],
                    "credentials are allowed to \(allowed.joined(separator: ", "))"
                )
            }
        },
        ConformanceCheck(
            "AZ-14",
            "RFC 9207 §3",
            "The metadata says that authorization responses carry iss",
            since: .july2026,
            level: .should
        ) { subject in
            let flag = subject.metadata.json["authorization_response_iss_parameter_supported"]?.boolValue
            try expect(flag == true, "authorization_response_iss_parameter_supported is not true")
        },
        ConformanceCheck("DP-1", "RFC 9449 §5.1", "Only asymmetric algorithms are offered for DPoP proofs") { subject in
            guard let value = subject.metadata.json["dpop_signing_alg_values_supported"] else {
                throw ConformanceStop.obstacle("the metadata has no dpop_signing_alg_values_supported")
            }
            let algorithms = value.stringArrayValue ?? []
            let wrong = algorithms.filter { $0.lowercased() == "none" || $0.hasPrefix("HS") }
            try expect(!algorithms.isEmpty && wrong.isEmpty, "the list is \(algorithms)")
        },
    ]
}
