import AuthorizationServer
import Testing

@Suite("Configurations that cannot work are refused")
struct ConfigurationSenseTests {
    private func refused(_ section: String) -> [String] {
        refusals("issuer: https://auth.example.com\n" + section)
    }

    @Test("a refresh token that dies before its access token")
    func lifetimes() {
        #expect(
            refused("tokens: {refresh_token_lifetime: 1h, access_token_lifetime: 2h}").first?
                .contains("refresh_token_lifetime must not be shorter than access_token_lifetime") == true
        )
        #expect(refused("tokens: {refresh_token_lifetime: 2h, access_token_lifetime: 2h}").isEmpty)
    }

    @Test("RFC 6749 Appendix A.1: a client id that no request could send")
    func clientIDs() {
        let redirect = "redirect_uris: [\"https://a.example/cb\"]"
        #expect(refused("clients: [{client_id: my app, \(redirect)}]").first?.contains("without spaces") == true)
        #expect(refused("clients: [{client_id: my-app, \(redirect)}]").isEmpty)
    }
}
