import Testing

@Suite("Configurations that cannot work are refused")
struct ConfigurationSenseTests {
    private func refused(_ section: String) -> [String] {
        refusals("issuer: https://auth.example.com\n" + section)
    }

    @Test("a refresh token that expires before its access token")
    func lifetimes() {
        #expect(
            refused("tokens: {refresh_token_lifetime: 1h, access_token_lifetime: 2h}").first?
                .contains("refresh_token_lifetime must not be shorter than access_token_lifetime") == true
        )
        #expect(refused("tokens: {refresh_token_lifetime: 2h, access_token_lifetime: 2h}").isEmpty)
    }

    @Test("one address for clients and for the management")
    func addresses() {
        let listen = "listen: [{address: '127.0.0.1:9090'}]\n"
        #expect(
            refused(listen + "management: {address: '127.0.0.1:9090'}")
                .contains { $0.contains("127.0.0.1:9090 is already the value of listen[0].address") }
        )
        #expect(refused(listen + "management: {address: '127.0.0.1:9091'}").isEmpty)
        #expect(refused("listen: [{address: '127.0.0.1:0'}]\nmanagement: {address: '127.0.0.1:0'}").isEmpty)
        let bare = refused("listen: [{address: '::1:80'}]")
        #expect(bare.first?.contains("such as 127.0.0.1:8080 or [::1]:8080") == true)
    }

    @Test("RFC 6749 Appendix A.1: a client id that no request could send")
    func clientIDs() {
        let redirect = "redirect_uris: [\"https://a.example/cb\"]"
        #expect(refused("clients: [{client_id: my app, \(redirect)}]").first?.contains("without spaces") == true)
        #expect(refused("clients: [{client_id: my-app, \(redirect)}]").isEmpty)
    }
}
