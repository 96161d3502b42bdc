import ServerConfiguration
import Testing

@Suite("S-04: an operator's secret must be too long to guess")
struct SecretStrengthTests {
    @Test(
        "S-04: what is short or repeats itself is too weak",
        arguments: [
            "hunter2", "a", "correct horse", String(repeating: "a", count: 64), String(repeating: "ab", count: 32),
            "0123456789abcdef0123456789abcde", "Abcdefghij1234567890",
        ]
    )
    func weak(text: String) {
        #expect(SecretStrength.objection(to: SecretValue(text))?.contains("short enough to be guessed") ?? false)
    }

    @Test(
        "S-04: 128 bits are enough, in whatever spelling",
        arguments: [
            "0123456789abcdef0123456789abcdef", "resource-server-secret-for-tests", "Zk3_9qLmX0aP-7vRtYw2Bc",
            "correct horse battery staple on a boat", "K7#pQ!2vZ@9mX$4rT%6w",
        ]
    )
    func strong(text: String) {
        #expect(SecretStrength.objection(to: SecretValue(text)) == nil)
    }
}
