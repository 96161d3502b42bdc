import OAuthProtocol
import OpenSSLCrypto
import Testing

@Suite("The form of agent tokens")
struct AgentTokenTests {
    @Test("the checksum is the CRC-32 of zlib over all before it")
    func checksum() {
        let text = "gat_" + String(repeating: "0", count: 64)
        #expect(AgentToken(random: SystemRandomSource()).isWellFormed)
        #expect(AgentToken(wireValue: text + "0fa22a76").isWellFormed)
    }

    @Test("every changed digit is noticed")
    func mistyped() {
        let token = AgentToken(random: SystemRandomSource()).wireValue
        for index in token.indices {
            var changed = token
            changed.replaceSubrange(index...index, with: token[index] == "0" ? "1" : "0")
            #expect(!AgentToken(wireValue: changed).isWellFormed)
        }
    }
}
