import OAuthProtocol
import Testing

@testable import UpstreamIdentity

@Suite("Texts of a provider fit one line, are bounded, and contain no credentials")
struct ProviderWordsTests {
    @Test(
        "the usual places of a provider's words are read",
        arguments: [
            (
                #"{"error":"invalid_grant","error_description":"Token revoked."}"#,
                "status 400: invalid_grant: Token revoked."
            ),
            (#"{"error":{"code":"E12","message":"gone"}}"#, "status 400: E12: gone"),
            (
                #"{"errorCode":"E0000011","errorSummary":"Invalid token provided"}"#,
                "status 400: E0000011: Invalid token provided"
            ),
            (#"{"message":"Not Found"}"#, "status 400: Not Found"), (#"{}"#, "status 400"),
            (#"{"error":7,"error_description":["x"]}"#, "status 400"),
        ]
    )
    func places(body: String, words: String) throws {
        let json = try JSONParser.parseObject(Array(body.utf8))
        #expect(ProviderWords(status: 400, json: json).description == words)
    }

    @Test("line breaks, quotes, marks that reorder text, and other scripts are replaced")
    func characters() {
        let words = ProviderWords(error: "a\"b\\c", text: "one\r\ntwo\u{202E}three\u{0}\u{E9}")
        #expect(words.error == "a?b?c" && words.text == "one two?three??")
        #expect(ProviderWords(error: "", text: "\n").description == "")
    }

    @Test("long texts are cut, and what may be a token is left out")
    func bounds() {
        let words = ProviderWords(error: "e", text: String(repeating: "word ", count: 10_000))
        #expect(words.text?.utf8.count ?? 0 <= ProviderWords.byteCountMax)
        let token = "ya29.a0AfH6SMBx7_Q-Zk3J9example"
        #expect(ProviderWords(error: "e", text: "token \(token) is bad").text == "token [...] is bad")
        var sent = ProviderWords(error: "rt-1 is bad", text: "rt-1, s3cret/+")
        sent.withhold(["rt-1", "s3cret/+", "is"])
        #expect(sent.error == "[...] is bad" && sent.text == "[...], [...]")
    }

    @Test("P-12: dead-grant words are an error, the status of an answer without one, or part of a sentence")
    func deadGrantWords() throws {
        let words = ProviderWords(error: "Invalid_Request", text: "The Token has been revoked")
        #expect(words.contain(anyOf: ["invalid_request"]))
        #expect(words.contain(anyOf: ["has been revoked"]))
        #expect(!words.contain(anyOf: ["revoked"]) && !words.contain(anyOf: []))
        #expect(ProviderWords(status: 404, json: nil).contain(anyOf: ["404"]))
        #expect(!ProviderWords(status: 404, json: ["error": "x"]).contain(anyOf: ["404"]))
    }

    @Test(
        "P-12: a provider's own words of a dead grant are invalid_grant; the same words with 429 or 5xx are not",
        arguments: [
            (401, "", UpstreamError.Code.invalidGrant), (404, "", .invalidResponse),
            (400, #"{"error":"invalid_request"}"#, .invalidGrant),
            (403, #"{"error":"unauthorized_client","error_description":"refresh_token is invalid"}"#, .invalidGrant),
            (403, #"{"error":"unauthorized_client"}"#, .invalidClient),
            (429, #"{"error":"invalid_request"}"#, .temporarilyUnavailable(retryAfter: nil)),
            (503, #"{"error":"invalid_request"}"#, .temporarilyUnavailable(retryAfter: nil)),
        ]
    )
    func refresh(status: Int, body: String, code: UpstreamError.Code) async throws {
        let provider = try ScriptedProvider()
        provider.transport.on(
            ScriptedProvider.tokenURL,
            ScriptedTransport.text(body, status: status)
        )
        let client = try provider.client {
            $0.behaviour.deadGrantWords = ["invalid_request", "401", "refresh_token is invalid"]
        }
        let error = try await error { try await client.refresh(refreshToken: "rt-1") }
        #expect(error.code == code)
        #expect(error.words?.status == status)
    }
}
