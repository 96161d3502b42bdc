import Foundations
import OAuthProtocol
import OutboundHTTP
import Testing

@testable import UpstreamIdentity

/// Facts that providers spell in other ways than those that are known from the field.
@Suite("Field trials: other spellings of the same fact")
struct OtherSpellingTests {
    @Test(
        "P-12: a known error is understood in any case, and inside an object or another member",
        arguments: [
            (400, #"{"error":"INVALID_GRANT"}"#, UpstreamError.Code.invalidGrant),
            (400, #"{"error":{"code":"invalid_grant","message":"gone"}}"#, .invalidGrant),
            (401, #"{"error":{"type":"invalid_grant"}}"#, .invalidGrant),
            (400, #"{"errorCode":"Invalid_Grant"}"#, .invalidGrant),
            (400, #"{"error_code":"invalid_client"}"#, .invalidClient),
            (503, #"{"error":{"code":"invalid_grant"}}"#, .temporarilyUnavailable(retryAfter: nil)),
            (429, #"{"errorCode":"invalid_grant"}"#, .temporarilyUnavailable(retryAfter: nil)),
            // What is not known decides nothing.
            (400, #"{"error":{"code":"E1000"}}"#, .unexplainedRefusal), (401, #"{"code":"E1000"}"#, .invalidClient),
            // A success may have members of any name.
            (200, #"{"code":"invalid_grant"}"#, .invalidResponse),
        ]
    )
    func errors(status: Int, body: String, code: UpstreamError.Code) async throws {
        let provider = try ScriptedProvider()
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.text(body, status: status))
        let error = try await error { try await provider.client().refresh(refreshToken: "rt-1") }
        #expect(error.code == code)
    }

    @Test("P-12: a refusal under 200 without a member error is one, with its words; a code of 0 is none")
    func refusalsUnderSuccess() async throws {
        let provider = try ScriptedProvider()
        let refusal = #"{"errcode":40030,"errmsg":"invalid refresh token"}"#
        provider.transport.on(ScriptedProvider.tokenURL, ScriptedTransport.text(refusal))
        let client = try provider.client()
        let refused = try await error { try await client.refresh(refreshToken: "rt-1") }
        #expect(refused.isDefiniteRefusal && !refused.isTerminal)
        #expect(refused.words?.error == "40030" && refused.words?.text == "invalid refresh token")
        let informed = try provider.client { $0.behaviour.deadGrantWords = ["40030"] }
        #expect(try await error { try await informed.refresh(refreshToken: "rt-1") }.code == .invalidGrant)

        provider.transport.replace(ScriptedProvider.tokenURL, ScriptedTransport.text(#"{"code":0,"msg":"ok"}"#))
        let empty = try await error { try await client.refresh(refreshToken: "rt-1") }
        #expect(!empty.isDefiniteRefusal && empty.code == .invalidResponse)
    }

    @Test(
        "P-12: a wait is stated in seconds, or as a date beside the answer's own",
        arguments: [
            ("Mon, 30 Nov 2026 12:02:00 GMT", "Mon, 30 Nov 2026 12:00:00 GMT", Duration.seconds(120)),
            ("Mon, 30 Nov 2026 23:00:00 GMT", "Mon, 30 Nov 2026 12:00:00 GMT", .seconds(3600)),
            ("Mon, 30 Nov 2026 11:59:00 GMT", "Mon, 30 Nov 2026 12:00:00 GMT", nil),
            ("Mon, 30 Nov 2026 12:02:00 GMT", nil, nil), ("soon", "Mon, 30 Nov 2026 12:00:00 GMT", nil),
            ("7", nil, .seconds(7)), ("-7", nil, nil),
        ] as [(String, String?, Duration?)]
    )
    func waits(retryAfter: String, date: String?, wait: Duration?) {
        var fields = [(name: "Retry-After", value: retryAfter)]
        if let date { fields.append((name: "Date", value: date)) }
        #expect(OutboundResponse(status: 429, headerFields: fields).retryAfter == wait)
    }

    @Test("P-16: documents, keys and the user's data may begin with a byte order mark")
    func byteOrderMarks() async throws {
        func marked(_ text: [UInt8]) -> ScriptedTransport.Answer {
            ScriptedTransport.body([0xEF, 0xBB, 0xBF] + text, type: "application/json")
        }
        let provider = try ScriptedProvider()
        try provider.answerCode { $0["name"] = nil }
        provider.transport.replace(ScriptedProvider.configurationURL, marked(ScriptedProvider.document.serialized()))
        let keys = JSONWebKeySet(keys: [provider.key.jsonWebKey])
        provider.transport.replace(ScriptedProvider.keysURL, marked(keys.serialized()))
        provider.transport.on(
            ScriptedProvider.userInfoURL,
            marked(JSONObject([("sub", .string(ScriptedProvider.subject)), ("name", "Ada of userinfo")]).serialized())
        )
        let login = try await provider.client().login()
        #expect(login.subject == ScriptedProvider.subject && login.name == "Ada of userinfo")
    }

    @Test("P-16: a redirect that writes the usual port stays within the host; another port does not")
    func usualPort() async throws {
        let origin = "https://login.corp.example"
        for (port, isSame) in [(":443", true), (":8443", false)] {
            let provider = try ScriptedProvider()
            try provider.answerCode()
            let elsewhere = origin + port + "/elsewhere"
            provider.transport.replace(
                ScriptedProvider.configurationURL,
                { _ in .success(OutboundResponse(status: 302, headerFields: [("Location", elsewhere)])) }
            )
            provider.transport.on(elsewhere, ScriptedTransport.json(ScriptedProvider.document))
            if isSame {
                #expect(try await provider.client().login().subject == ScriptedProvider.subject)
            } else {
                #expect(try await error { try await provider.client().login() }.failureReason == .discoveryFailed)
            }
        }
    }

    @Test("P-15: azp of null claims nothing; with several audiences it is still needed")
    func authorizedParty() async throws {
        let provider = try ScriptedProvider()
        try provider.answerCode { $0["azp"] = .null }
        #expect(try await provider.client().login().subject == ScriptedProvider.subject)
        let several = try ScriptedProvider()
        try several.answerCode {
            $0["azp"] = .null
            $0["aud"] = [.string(ScriptedProvider.clientID), "other"]
        }
        #expect(try await error { try await several.client().login() }.code == .invalidIDToken)
    }
}
