import OAuthProtocol

extension ConformanceCheck {
    static let authorization: [ConformanceCheck] = [
        ConformanceCheck("AZ-7", "OAuth 2.1 §4.1.1", "A request without code_challenge is refused") { subject in
            let request = subject.request(try subject.mainClient()).with("code_challenge", nil)
            try await subject.expectRefusal(
                of: request.with("code_challenge_method", nil),
                "a request without code_challenge"
            )
        },
        ConformanceCheck("AZ-8", "RFC 7636 §4.3; RFC 9700 §2.1.1", "The PKCE method plain, or none, is refused") {
            subject in
            let request = subject.request(try subject.mainClient())
            try await subject.expectRefusal(of: request.with("code_challenge_method", "plain"), "the method plain")
            try await subject.expectRefusal(of: request.with("code_challenge_method", nil), "no method")
            try await subject.expectRefusal(of: request.with("code_challenge_method", "S999"), "an unknown method")
        },
        ConformanceCheck("AZ-10", "RFC 7636 §4.3", "A method without a challenge is refused") { subject in
            let request = subject.request(try subject.mainClient()).with("code_challenge", "")
            try await subject.expectRefusal(of: request, "an empty code_challenge")
        },
        ConformanceCheck("AZ-9", "RFC 7636 §4.2", "A challenge that no verifier has is refused", level: .should) {
            subject in
            let request = subject.request(try subject.mainClient())
            for challenge in ["short", String(repeating: "a", count: 42) + "!", String(repeating: "a", count: 129)] {
                try await subject.expectRefusal(of: request.with("code_challenge", challenge), challenge)
            }
        },
        ConformanceCheck("D-11", "RFC 9700 §2.1.2", "Tokens are not issued in the authorization response") { subject in
            let request = subject.request(try subject.mainClient())
            for type in ["token", "code token", "id_token token"] {
                try await subject.expectRefusal(
                    of: request.with("response_type", type).adding("nonce", "n"),
                    "response_type \(type)",
                    errors: ["unsupported_response_type", "invalid_request", "unauthorized_client"]
                )
            }
        },
        ConformanceCheck("D-9", "RFC 6749 §3.1", "A repeated parameter of the authorization request is refused") {
            subject in
            let request = subject.request(try subject.mainClient())
            for name in ["state", "scope", "code_challenge", "response_type", "redirect_uri", "client_id"] {
                let first = request.parameters.first { $0.0 == name }?.1
                let complete = first == nil ? request.adding(name, "first") : request
                try await subject.expectRefusal(of: complete.adding(name, "second"), "a repeated \(name)")
            }
        },
        ConformanceCheck("AZ-14", "RFC 9207 §2", "An error that is sent to the client carries state and iss once") {
            subject in
            let request = subject.request(try subject.mainClient()).with("response_type", "conformance")
            let errors: Set<String> = ["unsupported_response_type", "invalid_request"]
            guard let answer = try await subject.expectRefusal(of: request, "the response type", errors: errors) else {
                throw ConformanceStop.obstacle("the error is shown on a page")
            }
            try expect(answer.values("state") == [request.state], "state is \(answer.values("state"))")
            try expectIssuer(answer, subject)
        },
        ConformanceCheck(
            "D-45",
            "RFC 8707 §2",
            "A resource that the server does not know is invalid_target",
            since: .june2025,
            level: .should
        ) { subject in
            let request = subject.request(try subject.mainClient())
            for resource in ["https://unregistered.example/mcp", "https://unregistered.example/mcp#fragment"] {
                try await subject.expectRefusal(
                    of: request.with("resource", resource),
                    "the resource \(resource)",
                    errors: ["invalid_target", "invalid_request"]
                )
            }
        },
        ConformanceCheck("AZ-21", "RFC 9101 §5.2", "A request object at an address of a stranger is refused") {
            subject in
            // RFC 6749 §3.1: a server that knows no request objects ignores the parameter.
            guard ["request_uri_parameter_supported", "subject_types_supported"].contains(where: subject.names) else {
                throw ConformanceStop.obstacle("the metadata does not say that the server knows request objects")
            }
            let request = subject.request(try subject.mainClient())
            try await subject.expectRefusal(
                of: request.with("request_uri", "https://evil.example/request"),
                "a request_uri of a stranger",
                errors: ["request_uri_not_supported", "invalid_request_uri", "invalid_request"]
            )
        },
        ConformanceCheck("PA-1", "RFC 9126 §2.1", "A pushed request with request_uri is refused") { subject in
            let client = try subject.mainClient()
            let form = subject.request(client).with("request_uri", "urn:ietf:params:oauth:request_uri:x").parameters
            let answer = try await subject.post(
                "pushed_authorization_request_endpoint",
                client.credentials.headerFields.isEmpty ? form : form.filter { $0.0 != "client_id" },
                client.credentials.headerFields
            )
            try expect(answer.status == 400, "it was answered with \(answer.summary)")
        },
    ]

    /// Stops unless the answer has the issuer once; a server that does not say that it sends it is not checked.
    static func expectIssuer(_ answer: FormParameters, _ subject: ConformanceSubject) throws(ConformanceStop) {
        let found = answer.values("iss")
        let flag = subject.metadata.json["authorization_response_iss_parameter_supported"]?.boolValue
        guard flag == true || !found.isEmpty else {
            throw .obstacle("the metadata does not offer iss, and the response has none")
        }
        try expect(found == [subject.issuer], "iss is \(found)")
    }
}
