import OAuthProtocol

extension ConformanceCheck {
    static let metadata: [ConformanceCheck] = [
        ConformanceCheck(
            "MD-1",
            "RFC 8414 §3.2",
            "The metadata is a JSON document with status 200, without a redirect"
        ) { subject in
            let answer = subject.metadata
            try expect(answer.status == 200, "\(subject.metadataURL) was answered with \(answer.status)")
            try expect(answer.isJSON, "the body is not a JSON object")
            try expect(answer.has("content-type", "application/json"), "the content type is not application/json")
        },
        ConformanceCheck(
            "MD-3",
            "RFC 8414 §3.3",
            "The issuer in the metadata is the issuer that was asked, character by character"
        ) { subject in
            let found = subject.metadata.json["issuer"]?.stringValue ?? "absent"
            try expect(found == subject.issuer, "issuer is \(found)")
        },
        ConformanceCheck(
            "MD-3",
            "RFC 8414 §2",
            "The issuer is https, or on loopback, and has neither query nor fragment"
        ) { subject in
            guard let uri = URIReference(subject.metadata.json["issuer"]?.stringValue ?? "") else {
                throw ConformanceStop.fault("issuer is not an absolute URI")
            }
            try expect(uri.scheme == "https" || uri.isLoopbackHTTP, "the scheme is \(uri.scheme)")
            try expect(uri.query == nil && uri.fragment == nil, "it has a query or a fragment")
        },
        ConformanceCheck(
            "MD-2",
            "OpenID Connect Discovery 1.0 §4",
            "Every well-known address that has a document names the same issuer and token endpoint",
            since: .november2025
        ) { subject in
            let expected = subject.metadata.json["token_endpoint"]?.stringValue
            try expect(expected != nil, "the metadata has no token_endpoint")
            for url in ConformanceSubject.metadataURLs(of: subject.issuer) where url != subject.metadataURL {
                let answer = try await subject.send("GET", url)
                guard answer.status == 200 else { continue }
                let issuer = answer.json["issuer"]?.stringValue ?? "absent"
                try expect(issuer == subject.issuer, "\(url) has the issuer \(issuer)")
                let endpoint = answer.json["token_endpoint"]?.stringValue
                try expect(endpoint == expected, "\(url) has another token_endpoint")
            }
        },
        ConformanceCheck(
            "MD-4",
            "RFC 8414 §3.2",
            "A well-known address that does not exist is 404",
            level: .should
        ) { subject in
            guard let known = ConformanceSubject.metadataURLs(of: subject.issuer).first else {
                throw ConformanceStop.obstacle("the issuer is not an absolute URL")
            }
            let answer = try await subject.send("GET", known.replacing("oauth-authorization-server", with: "no-such"))
            try expect(answer.status == 404, "it was answered with \(answer.status)")
        },
        ConformanceCheck(
            "MD-5",
            "RFC 8414 §2",
            "The metadata names the authorization and token endpoints and the response type code"
        ) { subject in
            for member in ["authorization_endpoint", "token_endpoint"] {
                let uri = subject.metadata.json[member]?.stringValue.flatMap { URIReference($0) }
                try expect(uri?.host != nil, "\(member) is not an absolute URL")
            }
            let types = subject.metadata.json["response_types_supported"]?.stringArrayValue ?? []
            try expect(types.contains("code"), "response_types_supported is \(types)")
        },
        ConformanceCheck(
            "MD-5",
            "MCP Authorization, Authorization Code Protection",
            "The metadata offers the PKCE method S256, without which clients must not go on",
            since: .november2025
        ) { subject in
            let methods = subject.metadata.json["code_challenge_methods_supported"]?.stringArrayValue ?? []
            try expect(methods.contains("S256"), "code_challenge_methods_supported is \(methods)")
        },
        ConformanceCheck("AZ-8", "RFC 9700 §2.1.1", "The PKCE method plain is not offered", level: .should) { subject in
            let methods = subject.metadata.json["code_challenge_methods_supported"]?.stringArrayValue ?? []
            try expect(!methods.contains("plain"), "code_challenge_methods_supported has plain")
        },
        ConformanceCheck(
            "MD-5",
            "MCP Authorization, Client Registration Approaches",
            "Public clients are accepted, and a client can register or bring a metadata document",
            level: .should
        ) { subject in
            let json = subject.metadata.json
            let methods = json["token_endpoint_auth_methods_supported"]?.stringArrayValue ?? []
            try expect(methods.contains("none"), "token_endpoint_auth_methods_supported is \(methods)")
            let takesDocuments = json["client_id_metadata_document_supported"]?.boolValue == true
            try expect(
                takesDocuments || json["registration_endpoint"] != nil,
                "neither registration_endpoint nor client_id_metadata_document_supported is there"
            )
        },
    ]
}
